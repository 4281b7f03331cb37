import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { partitionOfKey } from '@nova/events';
import { shardCount } from '@nova/outbox';
import pg from 'pg';

const payloadBytes = 1_024;
const keys = Array.from({ length: 1_000 }, (_, index) => `key-${index}`);
const shards = keys.map((key) => partitionOfKey(key, shardCount));

export type Writer = {
  /** In one transaction. */
  write(rows: number): Promise<void>;
  /** `perSecond` events for `seconds`, in transactions of `rowsEach`, begun on time whatever the ones before them do. */
  writeSteadily(options: {
    perSecond: number;
    seconds: number;
    rowsEach: number;
  }): Promise<{ readonly lateMs: number }>;
  waiting(): Promise<number>;
  stop(): Promise<void>;
};

export function openWriter(directUrl: string): Writer {
  const pool = new pg.Pool({ connectionString: directUrl, max: 20 });
  let next = 0;
  const write = async (rows: number) => {
    const written = Array.from({ length: rows }, (_, index) => (next + index) % keys.length);
    next += rows;
    await pool.query({
      name: 'write',
      text: `insert into outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
        select shard, 'content.events', key, 'content.post_created', 1, $3, 'bench', ''
        from unnest($1::smallint[], $2::text[]) written (shard, key)`,
      values: [written.map((index) => shards[index]), written.map((index) => keys[index]), randomBytes(payloadBytes)],
    });
  };
  return {
    write,
    async writeSteadily({ perSecond, seconds, rowsEach }) {
      const transactions = Math.round((perSecond * seconds) / rowsEach);
      const startedAt = performance.now();
      const running = new Set<Promise<void>>();
      let lateMs = 0;
      for (let index = 0; index < transactions; index += 1) {
        const dueAt = startedAt + (index * rowsEach * 1_000) / perSecond;
        const early = dueAt - performance.now();
        if (early > 0) await delay(early);
        else lateMs = Math.max(lateMs, -early);
        const written: Promise<void> = write(rowsEach).then(() => void running.delete(written));
        running.add(written);
      }
      await Promise.all(running);
      return { lateMs };
    },
    async waiting() {
      const { rows } = await pool.query<{ count: number }>('select count(*)::int as count from outbox_events');
      return rows[0]?.count ?? 0;
    },
    stop: () => pool.end(),
  };
}
