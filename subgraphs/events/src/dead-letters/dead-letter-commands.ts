import { AppError, isAppError } from '@nova/errors';
import type { CallOrigin } from '@nova/rpc';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  type DeadLetter,
  type DeadLetterCause,
  type DomainReplay,
  noReplays,
  type ReplayOutcome,
  type ReplaySelection,
} from './dead-letter.ts';
import type { DeadLetterRecord } from './dead-letter-record.ts';
import { findDeadLetter, listWaitingDomains, settleLetter } from './dead-letter-repository.ts';

/** The domains that keep letters. */
export type LetterOwners = {
  /** Those that the domain has of at most 20 ids. Throws NOT_FOUND for a domain that nobody knows. */
  records(domain: string, ids: readonly string[], origin: CallOrigin): Promise<DeadLetterRecord[]>;
  /** Asks for replays and waits up to five seconds for what becomes of them. */
  replay(domain: string, selection: ReplaySelection, origin: CallOrigin): Promise<ReplayOutcome>;
};

export type DeadLetterCommands = {
  /** Throws NOT_FOUND; SERVICE_UNAVAILABLE when the letter's domain is away. */
  replayOne(id: string, origin: CallOrigin): Promise<{ deadLetter: DeadLetter; replay: DomainReplay }>;
  /** Of one domain or of each that has any; a domain that fails is told apart. Throws BAD_USER_INPUT. */
  replayMany(
    input: { domain?: string | null; cause?: DeadLetterCause | null; all?: boolean | null; first?: number | null },
    origin: CallOrigin,
  ): Promise<DomainReplay[]>;
};

const maxReplays = 500;

export function createDeadLetterCommands(deps: { db: Kysely<Tables>; owners: LetterOwners }): DeadLetterCommands {
  const { db, owners } = deps;
  return {
    async replayOne(id, origin) {
      const { domain } = await requireLetter(db, id);
      const outcome = await owners.replay(domain, { id }, origin);
      const [record] = await owners.records(domain, [id], origin);
      // The announcement comes later; who asked sees now what became of it.
      if (record?.settlement) {
        const settledBy = record.acts.at(-1)?.who ?? 'nova';
        await settleLetter(db, id, { ...record.settlement, settledBy });
      }
      return { deadLetter: await requireLetter(db, id), replay: { domain, error: null, ...outcome } };
    },
    async replayMany({ domain, cause, all, first }, origin) {
      const limit = first ?? maxReplays;
      if ((cause == null) === !all) throw new AppError('BAD_USER_INPUT', 'Say which: a cause, or all.');
      if (limit < 1 || limit > maxReplays)
        throw new AppError('INVALID_PAGE_SIZE', `"first" must be from 1 to ${maxReplays}, not ${limit}.`);
      const selection: ReplaySelection = cause == null ? { all: true, limit } : { cause, limit };
      const domains = domain == null ? await listWaitingDomains(db, cause ?? undefined) : [domain];
      return Promise.all(domains.map((each) => replayIn(owners, each, { selection, origin })));
    },
  };
}

async function replayIn(
  owners: LetterOwners,
  domain: string,
  { selection, origin }: { selection: ReplaySelection; origin: CallOrigin },
): Promise<DomainReplay> {
  try {
    return { domain, error: null, ...(await owners.replay(domain, selection, origin)) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { domain, error: error.code, ...noReplays };
  }
}

async function requireLetter(db: Kysely<Tables>, id: string): Promise<DeadLetter> {
  const letter = await findDeadLetter(db, id);
  if (!letter) throw new AppError('NOT_FOUND', 'The dead letter does not exist.', { details: { id } });
  return letter;
}
