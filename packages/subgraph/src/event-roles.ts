import { setTimeout as delay } from 'node:timers/promises';
import {
  createKafkaEventLog,
  createPostgresEventLog,
  declaredTopics,
  type EventHandler,
  type EventLog,
} from '@nova/events';
import {
  type HandlerContext,
  logRelay,
  observeAll,
  observeOutbox,
  observeRelay,
  startConsumer,
  startRelay,
} from '@nova/outbox';
import type { Logger, Metrics, Running, StopStack } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Role } from './roles.ts';
import type { SubgraphConfig } from './subgraph-settings.ts';

export type EventParts<Tables> = {
  readonly name: string;
  readonly config: SubgraphConfig;
  readonly db: Kysely<Tables>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly stack: StopStack;
};

export type EventHandlers<Tables> = readonly EventHandler<HandlerContext<Tables>>[];

export type EventRoles<Tables> = {
  readonly has: (role: Role) => boolean;
  /** What each consumer group does. */
  readonly groups: Readonly<Record<string, EventHandlers<Tables>>>;
};

const retryMs = 1_000;

/**
 * Publishes the domain's outbox and consumes events. Returns at once and begins as soon as the log has
 * its topics: a log that is away keeps no service from starting.
 */
export function startEventRoles<Tables>(parts: EventParts<Tables>, { has, groups }: EventRoles<Tables>): void {
  const { db, log, metrics, stack } = parts;
  const consumed = has('consumers') ? Object.entries(groups).filter(([, handlers]) => handlers.length > 0) : [];
  if (has('relay')) observeOutbox(metrics, db);
  if (!has('relay') && consumed.length === 0) return;
  const eventLog = openEventLog(parts);
  const stopping = new AbortController();
  const running: Running[] = [];
  const begin = async (): Promise<void> => {
    await makeTopics(eventLog, { log, stopping: stopping.signal });
    if (stopping.signal.aborted) return;
    if (has('relay')) running.push(startRelayOf(parts, eventLog));
    for (const [group, handlers] of consumed)
      running.push(await startConsumer({ ...parts, log: eventLog, logger: log, group, handlers }));
  };
  const begun = begin();
  begun.catch((error: unknown) => log.fatal({ err: error }, 'events are neither published nor consumed'));
  stack.add('relay and consumers', async () => {
    stopping.abort();
    // Consumers first: what they set aside, the relay still publishes.
    await begun.catch(() => undefined);
    for (const part of running.reverse()) await part.stop();
  });
}

/** The log that the settings name. */
function openEventLog<Tables>({ name, config, stack }: EventParts<Tables>): EventLog {
  const log = config.kafka
    ? createKafkaEventLog(config.kafka)
    : createPostgresEventLog({ url: config.directUrl, applicationName: `nova-${name}-events` });
  stack.add('event log', log.stop);
  return log;
}

async function makeTopics(eventLog: EventLog, options: { log: Logger; stopping: AbortSignal }): Promise<void> {
  const { log, stopping } = options;
  while (!stopping.aborted) {
    try {
      return await eventLog.ensureTopics(declaredTopics);
    } catch (error) {
      log.warn({ err: error }, 'the event log is away or lacks its topics; events wait');
      await delay(retryMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

function startRelayOf<Tables>({ name, config, log, metrics }: EventParts<Tables>, eventLog: EventLog): Running {
  const observer = observeAll([observeRelay(metrics), logRelay(log)]);
  return startRelay({ directUrl: config.directUrl, schema: name, log: eventLog, observer });
}
