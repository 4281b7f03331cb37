import { timestampDate } from '@bufbuild/protobuf/wkt';
import { AppError } from '@nova/errors';
import {
  type DeadLetterDetails,
  DeadLetterService,
  type ReplayDeadLettersResponse,
} from '@nova/proto/nova/common/v1/dead_letter_service_pb.js';
import { callOptions, createRpcClient, type RpcClient } from '@nova/rpc';
import type { ReplayOutcome, ReplaySelection } from '../dead-letters/dead-letter.ts';
import type { LetterOwners } from '../dead-letters/dead-letter-commands.ts';
import type { DeadLetterRecord } from '../dead-letters/dead-letter-record.ts';

const waitMs = 5_000;

/** Asks each domain for its dead letters, at the address (host:port) it has in `addresses`. */
export function createLetterOwners(addresses: Readonly<Record<string, string>>): LetterOwners & { stop(): void } {
  const clients = new Map<string, RpcClient<typeof DeadLetterService>>(
    Object.entries(addresses).map(([domain, address]) => [domain, createRpcClient(DeadLetterService, { address })]),
  );
  const callsOf = (domain: string) => {
    const client = clients.get(domain);
    if (!client) throw new AppError('NOT_FOUND', `There is no domain "${domain}".`, { details: { domain } });
    return client.calls;
  };
  return {
    async records(domain, ids, origin) {
      const { deadLetters } = await callsOf(domain).getDeadLetters({ ids: [...ids] }, callOptions(origin));
      return deadLetters.flatMap((details) => toRecord(details) ?? []);
    },
    async replay(domain, selection, origin) {
      const limit = 'limit' in selection ? selection.limit : 1;
      const request = { selection: toSelection(selection), limit, waitMs };
      return toOutcome(await callsOf(domain).replayDeadLetters(request, callOptions(origin)));
    },
    stop: () => clients.forEach((client) => void client.stop()),
  };
}

function toSelection(selection: ReplaySelection) {
  if ('id' in selection) return { case: 'id', value: selection.id } as const;
  if ('cause' in selection) return { case: 'causeCode', value: selection.cause } as const;
  return { case: 'all', value: true } as const;
}

function toOutcome(answer: ReplayDeadLettersResponse): ReplayOutcome {
  const { requested, hasMore, waiting, replayed, duplicate, failed, blocked } = answer;
  return { requested, hasMore, waiting, replayed, duplicate, failed, blocked };
}

function toRecord({ deadLetter, headers, value, valueBytes, acts }: DeadLetterDetails): DeadLetterRecord | undefined {
  if (!deadLetter) return undefined;
  const { id, replayRequestedAt, replayRequestedBy, settledAt, resolution } = deadLetter;
  const isSettled = resolution === 'replayed' || resolution === 'discarded';
  return {
    id,
    headers: Object.entries(headers).map(([name, text]) => ({ name, value: text })),
    value: Buffer.from(value).toString('base64'),
    valueBytes,
    replayRequestedAt: replayRequestedAt ? timestampDate(replayRequestedAt) : null,
    replayRequestedBy: replayRequestedBy || null,
    acts: acts.flatMap(({ at, who, what, outcome, cause }) =>
      at ? [{ at: timestampDate(at), who, what, outcome, cause: cause || null }] : [],
    ),
    settlement: isSettled && settledAt ? { resolution, settledAt: timestampDate(settledAt) } : undefined,
  };
}
