import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { AccountFacts, Profile } from '../profiles/profile.ts';
import { type ErasingDomain, type Erasure, requireConfirmation } from './erasure.ts';
import { appendErasureRequested } from './erasure-events.ts';
import { completeErasure, findErasure, insertErasure, insertErasureAnswer, lockErasure } from './erasure-repository.ts';

/** What a person typed to have the account erased. */
export type Confirmation = { readonly confirm: boolean; readonly username: string };

export type ErasureCommands = {
  /** Asks every domain to erase the account's person, once. Throws BAD_USER_INPUT, ACCOUNT_INACTIVE, CONFLICT. */
  request(account: AccountFacts, confirmation: Confirmation, origin: EventOrigin & Idempotent): Promise<Erasure>;
};

export function createErasureCommands(deps: {
  db: Kysely<Tables>;
  holdProfile: (tx: Transaction<Tables>, account: AccountFacts) => Promise<Profile>;
}): ErasureCommands {
  return {
    request(account, confirmation, origin) {
      requireConfirmation(confirmation, account);
      return deps.db.transaction().execute(async (tx) => {
        const earlier = async () => {
          const erasure = await findErasure(tx, account.id);
          if (!erasure) throw new AppError('NOT_FOUND', 'The erasure does not exist.');
          return erasure;
        };
        return once(tx, origin.idempotency, {
          async effect() {
            // First, since who asks at the same time may find the profile erased already.
            const erasure = await insertErasure(tx, account.id);
            if (!erasure) return earlier();
            // Made if it is missing: without a row, the account's own name would be shown until identity has erased it.
            await deps.holdProfile(tx, account);
            await appendErasureRequested(tx, erasure, origin);
            return erasure;
          },
          idOf: ({ id }) => id,
          earlier,
        });
      });
    },
  };
}

/** A domain has erased what it kept. False when nobody asked for it. */
export async function recordErasureAnswer(
  tx: Transaction<Tables>,
  answer: { readonly userId: string; readonly domain: ErasingDomain; readonly erasedAt: Date },
): Promise<boolean> {
  const erasure = await lockErasure(tx, answer.userId);
  if (!erasure) return false;
  await insertErasureAnswer(tx, { erasureId: erasure.id, domain: answer.domain, erasedAt: answer.erasedAt });
  await completeErasure(tx, erasure.id);
  return true;
}

/** Whether the user's erasure was asked for: nothing new is kept of such a person. */
export async function isErased(tx: Transaction<Tables>, userId: string): Promise<boolean> {
  return (await findErasure(tx, userId)) !== undefined;
}
