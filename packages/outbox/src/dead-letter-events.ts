import { timestampFromDate, timestampNow } from '@bufbuild/protobuf/wkt';
import { deadLetterTopic } from '@nova/events';
import { DeadLetteredSchema, DeadLetterSettledSchema } from '@nova/proto/nova/common/v1/dead_letter_pb.js';
import { type AnyTransaction, append } from './append.ts';
import type { KnownLetter } from './dead-letter-repository.ts';

/** Values larger than this are not repeated in the announcement, which has to fit into a record itself. */
const maxAnnouncedBytes = 512 * 1024;

/** Announces a letter as it is now on dlq.all. */
export async function announceLetter(tx: AnyTransaction, letter: KnownLetter): Promise<void> {
  if (!isAnnounced(letter)) return;
  const { value } = letter;
  const message = {
    deadLetterId: letter.id,
    domain: letter.domain,
    consumerGroup: letter.group,
    originTopic: letter.topic,
    originPartition: letter.partition,
    originOffset: BigInt(letter.offset),
    key: letter.key,
    headers: letter.headers,
    value: value.length > maxAnnouncedBytes ? new Uint8Array() : value,
    causeCode: letter.causeCode,
    cause: letter.cause,
    tries: letter.tries,
    failedAt: timestampFromDate(letter.failedAt),
  };
  await append(tx, DeadLetteredSchema, { ...placeOf(letter), message });
}

/** Announces that a letter waits no longer. */
export async function announceSettled(
  tx: AnyTransaction,
  letter: KnownLetter,
  { resolution, by }: { resolution: 'replayed' | 'discarded'; by: string },
): Promise<void> {
  if (!isAnnounced(letter)) return;
  const { id: deadLetterId, domain, group: consumerGroup } = letter;
  const message = { deadLetterId, domain, consumerGroup, resolution, settledBy: by, settledAt: timestampNow() };
  await append(tx, DeadLetterSettledSchema, { ...placeOf(letter), message });
}

/** What is set aside of dlq.all itself is not announced there: whoever could not read it could not read that either, and so on for ever. */
function isAnnounced({ topic }: KnownLetter): boolean {
  return topic !== deadLetterTopic;
}

function placeOf({ id, key, headers }: KnownLetter) {
  return {
    aggregateId: key === '' ? id : key,
    origin: { correlationId: headers['correlation-id'] ?? '', traceparent: headers.traceparent ?? '' },
  };
}
