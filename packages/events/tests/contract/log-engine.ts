import {
  createKafkaEventLog,
  createPostgresEventLog,
  type EventLog,
  type KafkaOptions,
  type PostgresEventLogOptions,
} from '../../src/index.ts';

/** Says how to open a log, in a form that can be handed to another process. */
export type LogEngine =
  | { readonly kind: 'postgres'; readonly options: PostgresEventLogOptions }
  | { readonly kind: 'kafka'; readonly options: KafkaOptions };

export function openLog(engine: LogEngine): EventLog {
  return engine.kind === 'kafka' ? createKafkaEventLog(engine.options) : createPostgresEventLog(engine.options);
}
