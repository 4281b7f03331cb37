import { timestampDate } from '@bufbuild/protobuf/wkt';
import { EventError, on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { isUuid } from '@nova/postgres';
import { DeadLetterSettledSchema } from '@nova/proto/nova/common/v1/dead_letter_pb.js';
import type { Tables } from '../db/tables.ts';
import { forgetSettledLetters, settleLetter } from '../dead-letters/dead-letter-repository.ts';

/** As long as the domains themselves keep what is settled. */
const keptDays = 30;

export const deadLetterSettled = on(DeadLetterSettledSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
  const { deadLetterId, resolution, settledBy, settledAt } = message;
  if (!isUuid(deadLetterId) || !settledAt || (resolution !== 'replayed' && resolution !== 'discarded'))
    throw new EventError('MALFORMED', 'A dead letter is settled in one of two ways, at a time.');
  await settleLetter(tx, deadLetterId, { resolution, settledBy, settledAt: timestampDate(settledAt) });
  await forgetSettledLetters(tx, { days: keptDays, limit: 100 });
});
