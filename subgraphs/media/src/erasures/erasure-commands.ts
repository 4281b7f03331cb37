import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { append, type EventOrigin } from '@nova/outbox';
import { UserDataErasedSchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import { sql, type Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { hasWorkFor } from '../jobs/job-commands.ts';

/** Notes that a person is being erased; it ends when the last of their objects is gone, at once when there is none. */
export async function beginErasure(tx: Transaction<Tables>, userId: string, origin: EventOrigin): Promise<void> {
  await tx
    .insertInto('erasures')
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await endErasureIfDone(tx, userId, origin);
}

/** Tells that a person is erased, once, when nothing is left to remove. The row's lock lets one removal at a time look. */
export async function endErasureIfDone(tx: Transaction<Tables>, userId: string, origin: EventOrigin): Promise<void> {
  const pending = await tx
    .selectFrom('erasures')
    .select('user_id')
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  if (!pending || (await hasWorkFor(tx, userId))) return;
  await tx.deleteFrom('erasures').where('user_id', '=', userId).execute();
  const { rows } = await sql<{ now: Date }>`select now()`.execute(tx);
  const erasedAt = timestampFromDate(rows[0]?.now ?? new Date());
  await append(tx, UserDataErasedSchema, { aggregateId: userId, message: { userId, erasedAt }, origin });
}
