export { type AnyTransaction, append, type EventOrigin } from './append.ts';
export { type BackgroundLoop, startBackgroundLoop } from './background-loop.ts';
export { ConsumerError, type ConsumerErrorCode } from './consumer-error.ts';
export type { DeadLetter, DeadLetterDetails, ReplayProgress } from './dead-letter-requests.ts';
export { replayProgress } from './dead-letter-requests.ts';
export {
  type DeadLetterSelection,
  discard,
  listDeadLetters,
  type ReplayRequest,
  requestReplay,
  requestSomeReplays,
  showDeadLetter,
  showDeadLetters,
} from './dead-letters.ts';
export { inboxRetentionMs, once } from './inbox.ts';
export { discardParkedEvent, listParkedKeys, type ParkedKey, retryParkedKey } from './parked-keys.ts';
export { observeOutbox } from './relay/outbox-metrics.ts';
export { type Relay, type RelayOptions, startRelay } from './relay/relay.ts';
export type { RelayLimits } from './relay/relay-limits.ts';
export { logRelay } from './relay/relay-log.ts';
export { observeRelay } from './relay/relay-metrics.ts';
export {
  type KeyOfTopic,
  observeAll,
  type Published,
  type RelayObserver,
  type RelayStep,
} from './relay/relay-observer.ts';
export type { ReplayObserver } from './replay-observer.ts';
export { createScrapedGauges, type Sample, type Samples } from './scraped-gauge.ts';
export { shardCount } from './shards.ts';
export { type HandlerContext, type StartConsumerOptions, startConsumer } from './start-consumer.ts';
