import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { hashRecoveryCode } from './recovery-code.ts';
import { findFactor, useRecoveryCode, useStep } from './second-factor-repository.ts';
import type { SecretBox } from './secret-box.ts';
import { totpStepOf } from './totp.ts';

/**
 * Takes a code of the app, or a recovery code, of an account's confirmed factor: true once for each. Part of the caller's
 * transaction, which has locked the account.
 */
export type UseCode = (tx: Transaction<Tables>, accountId: string, code: string) => Promise<boolean>;

export function createUseCode(box: SecretBox): UseCode {
  return async (tx, accountId, code) => {
    const factor = await findFactor(tx, accountId);
    if (!factor?.isConfirmed) return false;
    const hash = hashRecoveryCode(code);
    return hash ? useRecoveryCode(tx, accountId, hash) : takeStep({ tx, box, accountId }, factor.sealedSecret, code);
  };
}

/** Seals the secret again, so that one sealed with an old key is soon sealed with the current one. */
export async function takeStep(
  { tx, box, accountId }: { tx: Transaction<Tables>; box: SecretBox; accountId: string },
  sealedSecret: Buffer,
  code: string,
): Promise<boolean> {
  const secret = box.open(sealedSecret, accountId);
  const step = totpStepOf(secret, code.replace(/\s/g, ''), Date.now());
  return step !== undefined && useStep(tx, { accountId, step, sealedSecret: box.seal(secret, accountId) });
}
