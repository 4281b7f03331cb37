import { type EventHandler, on, partitionOfKey } from '@nova/events';
import { type PostCreated, PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { sql, type Transaction } from 'kysely';
import type pg from 'pg';
import type { HandlerContext } from '../../../src/index.ts';

/** What handlers write: of each key how many events had their effect, their sum, the last one, and how many came too late. */
export const effectTables = `
  create table effects (
    consumer text, key text, events int not null, sum bigint not null, last int not null, late int not null,
    primary key (consumer, key)
  );
  create table effect_stamps (
    consumer text not null, partition int not null, key text not null, member text not null,
    begun_at timestamptz not null, ended_at timestamptz not null
  );
  create table mended (name text primary key)`;

export type Numbered = { readonly key: string; readonly number: number };

export type EffectOptions = {
  readonly group: string;
  /** Called in the transaction of the effect before and after it. */
  readonly before?: (event: Numbered, tx: Transaction<unknown>) => Promise<void> | void;
  readonly after?: (event: Numbered) => void;
  /** Writes who had the event from when to when, holding it for `holdMs`. */
  readonly stamp?: { readonly member: string; readonly holdMs: (event: Numbered) => number };
};

export function countingHandler(options: EffectOptions): EventHandler<HandlerContext<unknown>> {
  return on(PostCreatedSchema, async ({ message }, { tx }: HandlerContext<unknown>) => {
    const event = numbered(message);
    await options.before?.(event, tx);
    await countEffect(tx, options.group, event);
    if (options.stamp) await stampEffect(tx, { ...options.stamp, group: options.group, event });
    options.after?.(event);
  });
}

export async function countEffect(tx: Transaction<unknown>, group: string, { key, number }: Numbered): Promise<void> {
  await sql`
    insert into effects values (${group}, ${key}, 1, ${number}, ${number}, 0)
    on conflict (consumer, key) do update set events = effects.events + 1, sum = effects.sum + excluded.sum,
      last = greatest(effects.last, excluded.last), late = effects.late + (excluded.last <= effects.last)::int
    `.execute(tx);
}

export function numbered({ postId, authorId }: PostCreated): Numbered {
  return { key: postId, number: Number(authorId) };
}

type Stamp = NonNullable<EffectOptions['stamp']> & { readonly group: string; readonly event: Numbered };

async function stampEffect(tx: Transaction<unknown>, { group, member, holdMs, event }: Stamp): Promise<void> {
  const { rows } = await sql<{ at: string }>`select clock_timestamp()::text as at`.execute(tx);
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, holdMs(event));
  await promise;
  await sql`
    insert into effect_stamps
    values (${group}, ${partitionOfKey(event.key, 12)}, ${event.key}, ${member}, ${rows[0]?.at}, clock_timestamp())
    `.execute(tx);
}

export type Effects = {
  /** Effects there are. */
  readonly effects: number;
  /** Committed events without an effect. */
  readonly missing: number;
  /** Effects beyond the first of an event, or of no committed event. */
  readonly double: number;
  /** Effects that came after that of a later event of their key. */
  readonly late: number;
  /** Keys whose effects are as many as they should be, but not of the right events. */
  readonly wrong: number;
};

export const exact = { missing: 0, double: 0, late: 0, wrong: 0 };

/**
 * Compares the effects of a group with the changes of each key, which are numbered from 1.
 * @param given up changes (`key:number`) that must have none
 */
export async function judgeEffects(
  pool: pg.Pool,
  { group, committed, givenUp = [] }: { group: string; committed: Map<string, number>; givenUp?: readonly string[] },
): Promise<Effects> {
  const { rows } = await pool.query<{ key: string; events: number; sum: string; last: number; late: number }>(
    'select key, events, sum, last, late from effects where consumer = $1',
    [group],
  );
  const without = Map.groupBy(givenUp, (name) => name.slice(0, name.lastIndexOf(':')));
  const found = new Map(rows.map((row) => [row.key, row]));
  const verdict = { effects: 0, missing: 0, double: 0, late: 0, wrong: 0 };
  for (const key of new Set([...committed.keys(), ...found.keys()])) {
    const { events = 0, sum = '0', last = 0, late = 0 } = found.get(key) ?? {};
    const changes = committed.get(key) ?? 0;
    const dropped = (without.get(key) ?? []).map((name) => Number(name.slice(name.lastIndexOf(':') + 1)));
    const expected = changes - dropped.length;
    const expectedSum = (changes * (changes + 1)) / 2 - dropped.reduce((total, number) => total + number, 0);
    const isDropped = dropped.includes(changes);
    verdict.effects += events;
    verdict.missing += Math.max(0, expected - events);
    verdict.double += Math.max(0, events - expected);
    verdict.late += late;
    if (events === expected && (Number(sum) !== expectedSum || (!isDropped && last !== changes))) verdict.wrong += 1;
  }
  return verdict;
}
