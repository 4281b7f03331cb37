import { type Idempotent, once } from '@nova/idempotency';
import type { Kysely, Transaction } from 'kysely';
import { type Account, accountNotFound } from '../accounts/account.ts';
import type { Tables } from '../db/tables.ts';
import type { Telemetry } from '../telemetry.ts';
import type { GuardCode } from './guard-code.ts';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-code.ts';
import { codeInvalid, noSecondFactor, secondFactorExists } from './second-factor.ts';
import { confirmFactor, deleteSecondFactor, findFactor, putUnconfirmedFactor } from './second-factor-repository.ts';
import type { SecretBox } from './secret-box.ts';
import { createTotpSecret, totpPresentation } from './totp.ts';
import { takeStep, type UseCode } from './use-code.ts';

export type SecondFactorCommands = {
  /** A new secret, which counts for nothing until it is confirmed; in place of one that was not. Throws CONFLICT. */
  enrol(accountId: string): Promise<{ readonly secret: string; readonly uri: string }>;
  /** From now on sign-ins need a code. Resolves with the recovery codes, the only time. Throws TOTP_CODE_INVALID, CONFLICT, NOT_FOUND. */
  confirm(input: { accountId: string; code: string }): Promise<{ account: Account; recoveryCodes: readonly string[] }>;
  /** Takes a code, also a recovery code. Throws TOTP_CODE_INVALID, ACCOUNT_LOCKED, NOT_FOUND. */
  disable(input: { accountId: string; code: string }, origin: Idempotent): Promise<Account>;
};

export type SecondFactorDeps = {
  readonly db: Kysely<Tables>;
  readonly box: SecretBox;
  readonly useCode: UseCode;
  /** An account that is not deleted. */
  readonly lockAccount: (tx: Transaction<Tables>, id: string) => Promise<Account | undefined>;
  readonly guardCode: GuardCode;
  readonly telemetry: Pick<Telemetry, 'secondFactorChanged'>;
};

export function createSecondFactorCommands(deps: SecondFactorDeps): SecondFactorCommands {
  const { db, box, telemetry } = deps;
  const withAccount = <T>(id: string, work: (tx: Transaction<Tables>, account: Account) => Promise<T>) =>
    db.transaction().execute(async (tx) => {
      const account = await deps.lockAccount(tx, id);
      if (!account) throw accountNotFound();
      return work(tx, account);
    });
  return {
    enrol: (accountId) =>
      withAccount(accountId, async (tx, account) => {
        if ((await findFactor(tx, accountId))?.isConfirmed) throw secondFactorExists();
        const secret = createTotpSecret();
        await putUnconfirmedFactor(tx, accountId, box.seal(secret, accountId));
        return totpPresentation(secret, account.email);
      }),
    async confirm({ accountId, code }) {
      const recoveryCodes = createRecoveryCodes();
      const account = await withAccount(accountId, async (tx, owner) => {
        const factor = await findFactor(tx, accountId);
        if (!factor) throw noSecondFactor();
        if (factor.isConfirmed) throw secondFactorExists();
        if (!(await takeStep({ tx, box, accountId }, factor.sealedSecret, code))) throw codeInvalid();
        await confirmFactor(tx, accountId, recoveryCodes.map(hashOf));
        return owner;
      });
      telemetry.secondFactorChanged('enabled', accountId);
      return { account, recoveryCodes };
    },
    async disable({ accountId, code }, origin) {
      const account = await deps.guardCode(accountId, (tx, owner) =>
        once(tx, origin.idempotency, {
          async effect() {
            if (!(await findFactor(tx, accountId))?.isConfirmed) throw noSecondFactor();
            if (!(await deps.useCode(tx, accountId, code))) throw codeInvalid();
            await deleteSecondFactor(tx, accountId);
            return owner;
          },
          idOf: () => accountId,
          earlier: async () => owner,
        }),
      );
      telemetry.secondFactorChanged('disabled', accountId);
      return account;
    },
  };
}

function hashOf(code: string): Buffer {
  return hashRecoveryCode(code) as Buffer;
}
