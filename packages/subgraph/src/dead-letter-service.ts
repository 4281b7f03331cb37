import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { DeadLetterCause } from '@nova/events';
import {
  type DeadLetter,
  type DeadLetterDetails,
  type DeadLetterSelection,
  listDeadLetters,
  type ReplayProgress,
  replayProgress,
  requestSomeReplays,
  showDeadLetters,
} from '@nova/outbox';
import {
  type DeadLetterDetailsSchema,
  type DeadLetterSchema,
  DeadLetterService,
  type ReplayDeadLettersRequest,
} from '@nova/proto/nova/common/v1/dead_letter_service_pb.js';
import { waitFor } from '@nova/resilience';
import { type RpcContext, type RpcService, rpcService } from '@nova/rpc';
import type { Kysely } from 'kysely';

const maxValueBytes = 64 * 1024;
const pollMs = 100;

/** What the consumers of a domain set aside, for operators: who may read events lists it, who may replay them replays it. */
export function deadLetterService<Tables>(db: Kysely<Tables>): RpcService {
  return rpcService(
    DeadLetterService,
    {
      async listDeadLetters({ consumerGroup, causeCode, limit, afterId }) {
        const page = {
          first: limit,
          group: consumerGroup || undefined,
          causeCode: (causeCode || undefined) as DeadLetterCause | undefined,
          after: afterId || undefined,
        };
        const { letters, hasMore } = await listDeadLetters(db, page);
        return { deadLetters: letters.map(toMessage), hasMore };
      },
      async getDeadLetters({ ids }) {
        return { deadLetters: (await showDeadLetters(db, ids)).map(toDetails) };
      },
      async replayDeadLetters(request, context) {
        const by = context.identity.kind === 'user' ? context.identity.userId : 'nobody';
        const selection = selectionOf(request);
        const { requested, at, more } = await requestSomeReplays(db, { by, limit: request.limit, ...selection });
        const progress = await waitForOutcome(db, { by, at }, { waitMs: request.waitMs, context });
        const { replayed = 0, duplicate = 0, failed = 0, blocked = 0 } = progress.outcomes;
        return { requested, hasMore: more, waiting: progress.waiting, replayed, duplicate, failed, blocked };
      },
    },
    { listDeadLetters: 'read:events', getDeadLetters: 'read:events', replayDeadLetters: 'replay:events' },
  );
}

function selectionOf({ selection, consumerGroup }: ReplayDeadLettersRequest): DeadLetterSelection {
  const group = consumerGroup || undefined;
  if (selection.case === 'id') return { group, id: selection.value };
  if (selection.case === 'causeCode') return { group, causeCode: selection.value as DeadLetterCause };
  return { group, all: true };
}

/** Until nothing of the request waits for the consumer, which is another process, or the caller has waited long enough. */
async function waitForOutcome<Tables>(
  db: Kysely<Tables>,
  request: { by: string; at: Date },
  { waitMs, context }: { waitMs: number; context: RpcContext },
): Promise<ReplayProgress> {
  const endsAt = performance.now() + waitMs;
  for (;;) {
    const progress = await replayProgress(db, request);
    if (progress.waiting === 0 || performance.now() >= endsAt) return progress;
    if (!(await waitFor(pollMs, context.signal))) return progress;
  }
}

function toMessage(letter: DeadLetter): MessageInitShape<typeof DeadLetterSchema> {
  const { id, group, topic, partition, offset, key, eventId, eventType, causeCode, cause, tries } = letter;
  return {
    id,
    consumerGroup: group,
    topic,
    partition,
    offset: BigInt(offset),
    key,
    eventId: eventId ?? '',
    eventType: eventType ?? '',
    causeCode,
    cause,
    tries,
    failedAt: timestampFromDate(letter.failedAt),
    replayRequestedAt: optionalTimestamp(letter.replayRequestedAt),
    replayRequestedBy: letter.replayRequestedBy ?? '',
    settledAt: optionalTimestamp(letter.resolvedAt),
    resolution: letter.resolution ?? '',
  };
}

function toDetails(letter: DeadLetterDetails): MessageInitShape<typeof DeadLetterDetailsSchema> {
  return {
    deadLetter: toMessage(letter),
    headers: letter.headers,
    value: letter.value.subarray(0, maxValueBytes),
    valueBytes: letter.value.length,
    acts: letter.audit.map(({ at, who, what, outcome, cause }) => ({
      at: timestampFromDate(at),
      who,
      what,
      outcome,
      cause: cause ?? '',
    })),
  };
}

function optionalTimestamp(date: Date | null): Timestamp | undefined {
  return date === null ? undefined : timestampFromDate(date);
}
