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
    const from = next;
    next += rows;
    await pool.query(
      `insert into outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
       select ($4::int[])[n % $5 + 1], 'content.events', ($3::text[])[n % $5 + 1], 'content.post_created', 1,
         decode(rpad(md5(n::text), $6 * 2, md5(n::text)), 'hex'), 'bench', ''
       from generate_series($1::int, $1::int + $2 - 1) n`,
      [from, rows, keys, shards, keys.length, payloadBytes],
    );
  };
  return {
    write,
    async writeSteadily({ perSecond, seconds, rowsEach }) {
      const transactions = Math.round((perSecond * seconds) / rowsEach);
      const startedAt = performance.now();
      const running: Promise<void>[] = [];
      let lateMs = 0;
      for (let index = 0; index < transactions; index += 1) {
        const dueAt = startedAt + (index * rowsEach * 1_000) / perSecond;
        const early = dueAt - performance.now();
        if (early > 0) await delay(early);
        else lateMs = Math.max(lateMs, -early);
        running.push(write(rowsEach));
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
