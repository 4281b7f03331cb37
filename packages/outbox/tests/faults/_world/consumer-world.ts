import { createTestDatabase } from '@nova/testkit';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { expect, type TestContext } from 'vitest';
import { topic } from '../../_harness/outbox.ts';
import type { ConsumerChildOptions } from './consumer-child.ts';
import { type ConsumerProcess, killConsumers, spawnConsumer } from './consumer-process.ts';
import { type Effects, effectTables, judgeEffects } from './effects.ts';
import { type FaultWorld, startFaultWorld, type WorldOptions } from './fault-world.ts';

export const group = 'user';

/** A world whose events are consumed by another domain, which counts them in a schema of its own. */
export type ConsumerWorld = FaultWorld & {
  /** Of the consuming domain's role, direct. */
  readonly consumerUrl: string;
  readonly consumerDb: Kysely<unknown>;
  readonly consumerPool: pg.Pool;
  consumer(options?: Partial<ConsumerChildOptions>): ConsumerProcess;
  /** Records that the group has not committed. */
  lag(group?: string): Promise<bigint>;
  /** Waits until the outbox is empty and the group has committed everything; returns how many seconds that took. */
  caughtUp(timeoutMs?: number, group?: string): Promise<number>;
  /** Compares the effects with what was committed. */
  effects(options?: { readonly group?: string; readonly givenUp?: readonly string[] }): Promise<Effects>;
};

export async function startConsumerWorld(context: TestContext, options: WorldOptions = {}): Promise<ConsumerWorld> {
  const database = options.database ?? (await createTestDatabase());
  const world = await startFaultWorld(context, { ...options, database });
  const consumerUrl = database.urlFor('user');
  const consumerPool = new pg.Pool({ connectionString: consumerUrl, max: 5 });
  consumerPool.on('error', () => undefined);
  const consumerDb = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: consumerPool }) });
  const consumers: ConsumerProcess[] = [];
  context.onTestFinished(async () => {
    await killConsumers(consumers);
    await consumerDb.destroy();
  }, 60_000);
  await consumerPool.query(effectTables);
  const lag = async (of = group) => {
    const lags = await world.log.lag(of, [topic]);
    return lags.reduce((sum, { records }) => sum + records, 0n);
  };
  return {
    ...world,
    consumerUrl,
    consumerDb,
    consumerPool,
    consumer(child) {
      const member = `member-${consumers.length + 1}`;
      const consumer = spawnConsumer({ url: consumerUrl, log: world.logSource, group, member, ...child });
      consumers.push(consumer);
      return consumer;
    },
    lag,
    async caughtUp(timeout = 60_000, of = group) {
      const startedAt = performance.now();
      await world.drained(timeout);
      await expect.poll(() => lag(of), { timeout, interval: 200 }).toBe(0n);
      return (performance.now() - startedAt) / 1000;
    },
    effects: async ({ group: of = group, givenUp } = {}) =>
      judgeEffects(consumerPool, { group: of, committed: await world.committed(), givenUp }),
  };
}
