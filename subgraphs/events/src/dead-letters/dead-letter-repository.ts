import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { AnnouncedLettersTable, Tables } from '../db/tables.ts';
import { causeFrom, type DeadLetter, type DeadLetterFilter, type Settlement } from './dead-letter.ts';

type Row = Selectable<AnnouncedLettersTable>;

const resolutions = { WAITING: null, REPLAYED: 'replayed', DISCARDED: 'discarded' } as const;

export async function findDeadLetter(db: Kysely<Tables>, id: string): Promise<DeadLetter | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db.selectFrom('announced_letters').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toDeadLetter(row);
}

/** Newest first; one row more than the page. */
export async function listDeadLetters(
  db: Kysely<Tables>,
  { domain, cause, state }: DeadLetterFilter,
  page: PageRequest,
): Promise<DeadLetter[]> {
  const resolution = state == null ? undefined : resolutions[state];
  const rows = await db
    .selectFrom('announced_letters')
    .selectAll()
    .$if(domain != null, (query) => query.where('domain', '=', domain as string))
    .$if(cause != null, (query) => query.where('cause_code', '=', cause as string))
    .$if(resolution !== undefined, (query) => query.where('resolution', 'is not distinct from', resolution ?? null))
    .$if(page.afterId !== null, (query) => query.where('id', '<', page.afterId))
    .orderBy('id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toDeadLetter);
}

/** Domains of which letters wait, of any cause or of one. */
export async function listWaitingDomains(db: Kysely<Tables>, cause: string | undefined): Promise<string[]> {
  const rows = await db
    .selectFrom('announced_letters')
    .select('domain')
    .distinct()
    .where('resolution', 'is', null)
    .$if(cause !== undefined, (query) => query.where('cause_code', '=', cause as string))
    .orderBy('domain')
    .execute();
  return rows.map(({ domain }) => domain);
}

export type AnnouncedLetter = Omit<DeadLetter, 'state' | 'settledAt' | 'settledBy' | 'cause' | 'message'> & {
  readonly causeCode: string;
  readonly message: string;
};

/** Stores a letter, or what a failed replay made of it; one that is settled meanwhile stays so. */
export async function upsertWaitingLetter(tx: Transaction<Tables>, letter: AnnouncedLetter): Promise<void> {
  const latest = {
    cause_code: causeFrom(letter.causeCode),
    cause: letter.message,
    tries: letter.tries,
    failed_at: letter.failedAt,
  };
  await tx
    .insertInto('announced_letters')
    .values({
      id: letter.id,
      domain: letter.domain,
      consumer_group: letter.consumerGroup,
      topic: letter.topic,
      partition: letter.partition,
      offset: letter.offset,
      key: letter.key,
      event_id: letter.eventId,
      event_type: letter.eventType,
      correlation_id: letter.correlationId,
      ...latest,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(latest).where('announced_letters.resolution', 'is', null),
    )
    .execute();
}

/** The first settlement counts. */
export async function settleLetter(db: Kysely<Tables>, id: string, settlement: Settlement): Promise<void> {
  await db
    .updateTable('announced_letters')
    .set({
      resolution: settlement.resolution,
      settled_at: settlement.settledAt,
      settled_by: settlement.settledBy,
      cause: null,
    })
    .where('id', '=', id)
    .where('resolution', 'is', null)
    .execute();
}

/** Deletes at most `limit` letters that were settled more than `days` ago. */
export async function forgetSettledLetters(
  db: Kysely<Tables>,
  { days, limit }: { days: number; limit: number },
): Promise<void> {
  await sql`
    delete from announced_letters where id in (
      select id from announced_letters
      where settled_at < clock_timestamp() - make_interval(days => ${days}) limit ${limit} for update skip locked
    )`.execute(db);
}

function toDeadLetter(row: Row): DeadLetter {
  return {
    id: row.id,
    domain: row.domain,
    consumerGroup: row.consumer_group,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    key: row.key,
    eventId: row.event_id,
    eventType: row.event_type,
    correlationId: row.correlation_id,
    cause: causeFrom(row.cause_code),
    message: row.cause,
    tries: row.tries,
    failedAt: row.failed_at,
    state: row.resolution === null ? 'WAITING' : row.resolution === 'replayed' ? 'REPLAYED' : 'DISCARDED',
    settledAt: row.settled_at,
    settledBy: row.settled_by,
  };
}
