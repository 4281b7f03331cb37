import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { ErasuresTable, Tables } from '../db/tables.ts';
import { type ErasingDomain, type Erasure, erasingDomains } from './erasure.ts';

const columns = ['id', 'user_id', 'requested_at', 'completed_at'] as const;

export async function findErasure(db: Kysely<Tables>, userId: string): Promise<Erasure | undefined> {
  if (!isUuid(userId)) return undefined;
  const row = await db.selectFrom('erasures').select(columns).where('user_id', '=', userId).executeTakeFirst();
  return row && toErasure(row);
}

/** Newest first, one row more than the page; with `open` only those that some domain has not answered. */
export async function listErasures(db: Kysely<Tables>, page: PageRequest, open: boolean): Promise<Erasure[]> {
  const rows = await db
    .selectFrom('erasures')
    .select(columns)
    .$if(open, (query) => query.where('completed_at', 'is', null))
    .$if(page.afterId !== null, (query) => query.where('id', '<', page.afterId))
    .orderBy('id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toErasure);
}

/** When which domain erased what it kept, by the erasure's id; an erasure that nobody answered is not in the map. */
export async function findErasureAnswers(
  db: Kysely<Tables>,
  erasureIds: readonly string[],
): Promise<Map<string, Map<string, Date>>> {
  const rows = await db
    .selectFrom('erasure_answers')
    .select(['erasure_id', 'domain', 'erased_at'])
    .where('erasure_id', '=', sql<string>`any(${erasureIds}::uuid[])`)
    .execute();
  const found = new Map<string, Map<string, Date>>();
  for (const { erasure_id, domain, erased_at } of rows) {
    const answers = found.get(erasure_id) ?? new Map<string, Date>();
    found.set(erasure_id, answers.set(domain, erased_at));
  }
  return found;
}

/** Undefined when there is one already. */
export async function insertErasure(db: Kysely<Tables>, userId: string): Promise<Erasure | undefined> {
  const row = await db
    .insertInto('erasures')
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.column('user_id').doNothing())
    .returning(columns)
    .executeTakeFirst();
  return row && toErasure(row);
}

/** Locks the erasure until the transaction ends, so that of answers that come at once each sees those before it. */
export async function lockErasure(db: Kysely<Tables>, userId: string): Promise<Erasure | undefined> {
  const row = await db
    .selectFrom('erasures')
    .select(columns)
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  return row && toErasure(row);
}

/** The first answer of a domain stays. */
export async function insertErasureAnswer(
  db: Kysely<Tables>,
  answer: { readonly erasureId: string; readonly domain: ErasingDomain; readonly erasedAt: Date },
): Promise<void> {
  await db
    .insertInto('erasure_answers')
    .values({ erasure_id: answer.erasureId, domain: answer.domain, erased_at: answer.erasedAt })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Marks the erasure complete if every domain has answered. True when it became so by this. */
export async function completeErasure(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('erasures')
    .set({ completed_at: sql`now()` })
    .where('id', '=', id)
    .where('completed_at', 'is', null)
    .where(
      sql<boolean>`${[...erasingDomains]}::text[] <@ array(select domain from erasure_answers where erasure_id = ${id})`,
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Of the erasures that are not complete: how many, the age of the oldest in seconds, and how many wait for each domain. */
export type OpenErasures = {
  readonly open: number;
  readonly oldestAgeSeconds: number;
  readonly waiting: readonly { readonly domain: string; readonly erasures: number }[];
};

/** Counting stops here: beyond it a figure says "very many". */
export const openErasuresLimit = 100_000;

export async function countOpenErasures(db: Kysely<Tables>): Promise<OpenErasures> {
  const { rows } = await sql<Omit<OpenErasures, 'waiting'>>`
    select count(*)::int as open, coalesce(extract(epoch from now() - min(requested_at)), 0)::float8 as "oldestAgeSeconds"
    from (select requested_at from erasures where completed_at is null order by id limit ${openErasuresLimit})`.execute(
    db,
  );
  const { rows: waiting } = await sql<{ domain: string; erasures: number }>`
    select expected.domain, count(open.id) filter (where answer.domain is null)::int as erasures
    from unnest(${[...erasingDomains]}::text[]) as expected (domain)
    left join (select id from erasures where completed_at is null order by id limit ${openErasuresLimit}) open on true
    left join erasure_answers answer on answer.erasure_id = open.id and answer.domain = expected.domain
    group by expected.domain`.execute(db);
  return { open: rows[0]?.open ?? 0, oldestAgeSeconds: rows[0]?.oldestAgeSeconds ?? 0, waiting };
}

function toErasure(row: Selectable<ErasuresTable>): Erasure {
  return { id: row.id, userId: row.user_id, requestedAt: row.requested_at, completedAt: row.completed_at };
}
