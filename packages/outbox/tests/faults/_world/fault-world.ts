import { randomBytes } from 'node:crypto';
import { declaredTopics, type EventLog, type KafkaOptions } from '@nova/events';
import type { TestDatabase } from '@nova/testkit';
import { expect, type TestContext } from 'vitest';
import { type LogSource, openLogOf } from '../../_harness/log-source.ts';
import { createOutbox, type TestOutbox } from '../../_harness/outbox.ts';
import type { RelayChildOptions } from '../../_harness/relay-child.ts';
import { killRelays, type RelayProcess, spawnRelay } from '../../_harness/relay-process.ts';
import { volume } from './form.ts';
import type { KafkaOfFile } from './kafka-of-file.ts';
import { report } from './report.ts';
import { readTopic, type Verdict, verify } from './verify-topic.ts';
import { type WriteOptions, type Writing, writeEvents } from './write-events.ts';

export type WorldOptions = {
  /** Without it the log is the embedded one. */
  readonly kafka?: KafkaOfFile;
  readonly kafkaOptions?: Partial<KafkaOptions>;
  /** By default one of the run's own server. */
  readonly database?: TestDatabase;
};

/** A domain with its outbox, a log with topics of its own, and what was committed. All of it ends with the test. */
export type FaultWorld = TestOutbox & {
  readonly logKind: 'kafka' | 'postgres';
  readonly logSource: LogSource;
  readonly log: EventLog;
  write(options?: Partial<WriteOptions>): Writing;
  relay(options?: Partial<RelayChildOptions>, preload?: string): RelayProcess;
  /** Waits until the outbox is empty. */
  drained(timeoutMs?: number): Promise<void>;
  /** Reads the topic from its start. */
  verdict(): Promise<Verdict>;
  report(scenario: string, counted: Readonly<Record<string, number | string>>): void;
};

export async function startFaultWorld(context: TestContext, options: WorldOptions = {}): Promise<FaultWorld> {
  const { kafka: kafkaOf, kafkaOptions, database } = options;
  const kafka = await kafkaOf?.(context);
  const outbox = await createOutbox(database);
  const relays: RelayProcess[] = [];
  const prefix = `t${randomBytes(4).toString('hex')}.`;
  const logSource: LogSource = kafka
    ? { kind: 'kafka', kafka: kafka.options(kafkaOptions), prefix }
    : { kind: 'postgres', url: outbox.url, prefix };
  const log = openLogOf(logSource);
  context.onTestFinished(async () => {
    await killRelays(relays);
    await log.stop();
    await outbox.drop();
  }, 60_000);
  await log.ensureTopics(declaredTopics);
  await keepLedger(outbox);
  return {
    ...outbox,
    logKind: logSource.kind,
    logSource,
    log,
    write: (wanted) => writeEvents(outbox.db, { events: volume.events, keys: volume.keys, writers: 8, ...wanted }),
    relay(child, preload) {
      const limits = { batchRows: volume.batchRows, ...child?.limits };
      const relay = spawnRelay({ url: outbox.url, schema: outbox.schema, log: logSource, ...child, limits }, preload);
      relays.push(relay);
      return relay;
    },
    drained: (timeout = 60_000) => expect.poll(outbox.waiting, { timeout, interval: 50 }).toBe(0),
    verdict: async () => verify(await committedIds(outbox), await readTopic(log)),
    report: (scenario, counted) => report({ scenario, log: logSource.kind, counted }),
  };
}

/** What every transaction that was committed appended, whoever wrote it and whatever they were told. */
async function keepLedger({ pool }: TestOutbox): Promise<void> {
  await pool.query(`
    create table ledger (event_id uuid primary key);
    create function enter_ledger() returns trigger language plpgsql as $$
    begin
      insert into ledger select event_id from appended;
      return null;
    end $$;
    create trigger enter_ledger after insert on outbox_events referencing new table as appended
    for each statement execute function enter_ledger()`);
}

async function committedIds({ pool }: TestOutbox): Promise<Set<string>> {
  const { rows } = await pool.query<{ event_id: string }>('select event_id from ledger');
  return new Set(rows.map(({ event_id }) => event_id));
}
