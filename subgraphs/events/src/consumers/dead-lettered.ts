import { timestampDate } from '@bufbuild/protobuf/wkt';
import { EventError, on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { isUuid } from '@nova/postgres';
import { DeadLetteredSchema } from '@nova/proto/nova/common/v1/dead_letter_pb.js';
import type { Tables } from '../db/tables.ts';
import { upsertWaitingLetter } from '../dead-letters/dead-letter-repository.ts';

export const deadLettered = on(DeadLetteredSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
  const { deadLetterId: id, consumerGroup, headers, failedAt } = message;
  if (!isUuid(id) || !failedAt) throw new EventError('MALFORMED', 'A dead letter has an id and a time.');
  await upsertWaitingLetter(tx, {
    id,
    // Before it was said whose a letter is, every group had the name of its domain.
    domain: message.domain || consumerGroup,
    consumerGroup,
    topic: message.originTopic,
    partition: message.originPartition,
    offset: String(message.originOffset),
    key: message.key,
    eventId: headers['event-id'] ?? null,
    eventType: headers['event-type'] ?? null,
    correlationId: headers['correlation-id'] ?? '',
    causeCode: message.causeCode,
    message: message.cause,
    tries: message.tries,
    failedAt: timestampDate(failedAt),
  });
});
