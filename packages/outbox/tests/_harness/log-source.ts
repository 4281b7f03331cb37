import {
  type ConsumeOptions,
  createKafkaEventLog,
  createPostgresEventLog,
  type EventLog,
  type KafkaOptions,
} from '@nova/events';

/** How a process opens the log; it can be handed to a child as JSON. */
export type LogSource = (
  | { readonly kind: 'kafka'; readonly kafka: KafkaOptions }
  | { readonly kind: 'postgres'; readonly url: string }
) & {
  /** Begins the names of the topics in the log, so that tests that share a broker do not mix. */
  readonly prefix?: string;
};

export function openLogOf(source: LogSource): EventLog {
  const log = source.kind === 'kafka' ? createKafkaEventLog(source.kafka) : createPostgresEventLog({ url: source.url });
  return source.prefix ? underPrefix(log, source.prefix) : log;
}

/** The same log, but with topics whose names begin with the prefix; its users know nothing of that. */
function underPrefix(log: EventLog, prefix: string): EventLog {
  const within = (topic: string) => `${prefix}${topic}`;
  const without = <T extends { topic: string }>(one: T): T => ({ ...one, topic: one.topic.slice(prefix.length) });
  return {
    ...log,
    ensureTopics: (topics) => log.ensureTopics(topics.map((topic) => ({ ...topic, name: within(topic.name) }))),
    async openProducer() {
      const producer = await log.openProducer();
      return {
        send: (records) => producer.send(records.map((record) => ({ ...record, topic: within(record.topic) }))),
        stop: () => producer.stop(),
      };
    },
    consume: (options: ConsumeOptions) =>
      log.consume({
        ...options,
        topics: options.topics.map(within),
        onBatch: (batch, delivery) =>
          options.onBatch({ ...without(batch), records: batch.records.map(without) }, delivery),
      }),
    lag: async (group, topics) => (await log.lag(group, topics.map(within))).map(without),
  };
}
