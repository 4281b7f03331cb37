export { createEventCatalogue, type EventCatalogue, readEventCatalogue } from './catalogue.ts';
export { allObservers, type ConsumerObserver, type RecordResult } from './consumer/consumer-observer.ts';
export {
  type ConsumerLimits,
  type RunningConsumer,
  runConsumer,
} from './consumer/consumer-runner.ts';
export { type Failure, failureOf } from './consumer/failure.ts';
export { type EncodedEvent, type EventType, eventTypeOf, readEvent, toRecord } from './event.ts';
export { type DeadLetterCause, deadLetterCauses, EventError } from './event-error.ts';
export {
  createRouter,
  type EventHandler,
  on,
  type ReceivedEvent,
  type Routed,
  type Upcast,
  upcast,
} from './event-handler.ts';
export {
  type ConsumeOptions,
  type Delivery,
  type EventLog,
  type LogConsumer,
  type LogRecord,
  type OutgoingRecord,
  type PartitionLag,
  type Producer,
  PublishError,
  type RecordBatch,
  type TopicDeclaration,
} from './event-log.ts';
export { createKafkaEventLog } from './kafka/kafka-event-log.ts';
export { type KafkaOptions, kafkaSettings, toKafkaOptions } from './kafka/kafka-settings.ts';
export { partitionOfKey } from './partition-of-key.ts';
export {
  createPostgresEventLog,
  type PostgresEventLog,
  type PostgresEventLogOptions,
} from './postgres/postgres-event-log.ts';
export { deadLetterTopic, declaredTopics, retentionMs } from './topics.ts';
