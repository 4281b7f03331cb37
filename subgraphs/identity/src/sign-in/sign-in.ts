import { AppError } from '@nova/errors';
import type { Kysely, Transaction } from 'kysely';
import { type Account, requireActive } from '../accounts/account.ts';
import type { Tables } from '../db/tables.ts';
import type { GuardCode } from '../second-factor/guard-code.ts';
import { codeInvalid } from '../second-factor/second-factor.ts';
import type { UseCode } from '../second-factor/use-code.ts';
import { createSecretToken, hashSecretToken } from '../secret-token.ts';
import type { NewSession, SessionTokens } from '../sessions/session.ts';
import type { Telemetry } from '../telemetry.ts';
import { deleteChallenge, findChallenge, insertChallenge } from './challenge-repository.ts';

export type SignedIn = SessionTokens & { readonly account: Account };

/** What somebody gets who has shown the first factor: a session, or the question for the second. */
export type Admission =
  | { readonly kind: 'session'; readonly account: Account; readonly session: NewSession }
  | { readonly kind: 'challenge'; readonly challenge: string; readonly expiresAt: Date };

/** How every sign-in ends, whatever its first factor was. */
export type SignIn = {
  /** Part of the caller's transaction. Undefined for a deleted or locked account; throws ACCOUNT_INACTIVE for a suspended one. */
  admit(tx: Transaction<Tables>, accountId: string): Promise<Admission | undefined>;
  /** For an account that was made in this transaction. */
  admitNew(tx: Transaction<Tables>, account: Account): Promise<Admission>;
  /** After the commit. Throws TOTP_REQUIRED, with the challenge. */
  finish(admission: Admission): Promise<SignedIn>;
  /** Answers a challenge, once. Throws CHALLENGE_INVALID, TOTP_CODE_INVALID, ACCOUNT_LOCKED, ACCOUNT_INACTIVE. */
  meetChallenge(input: { challenge: string; code: string }): Promise<SignedIn>;
};

export type SignInDeps = {
  readonly db: Kysely<Tables>;
  readonly challengeSeconds: number;
  /** Locks an account to which one may sign in. */
  readonly lockForSignIn: (tx: Transaction<Tables>, id: string) => Promise<Account | undefined>;
  readonly forgetFailedLogins: (tx: Transaction<Tables>, id: string) => Promise<void>;
  readonly hasSecondFactor: (tx: Transaction<Tables>, id: string) => Promise<boolean>;
  readonly useCode: UseCode;
  readonly guardCode: GuardCode;
  readonly openSession: (tx: Transaction<Tables>, accountId: string) => Promise<NewSession>;
  readonly issueTokens: (session: NewSession, account: Account) => Promise<SessionTokens>;
  readonly telemetry: Pick<Telemetry, 'loginEnded'>;
};

export function createSignIn(deps: SignInDeps): SignIn {
  const { db, telemetry } = deps;
  const openSession = async (tx: Transaction<Tables>, account: Account) =>
    ({ kind: 'session', account, session: await deps.openSession(tx, account.id) }) as const;
  const checkActive = (account: Account) => {
    if (!account.isActive) telemetry.loginEnded('inactive');
    requireActive(account);
  };
  const finish: SignIn['finish'] = async (admission) => {
    telemetry.loginEnded(admission.kind === 'session' ? 'success' : 'totp_required');
    if (admission.kind === 'challenge') throw totpRequired(admission);
    const { account, session } = admission;
    return { account, ...(await deps.issueTokens(session, account)) };
  };
  return {
    async admit(tx, accountId) {
      const account = await deps.lockForSignIn(tx, accountId);
      if (!account) return undefined;
      checkActive(account);
      // Failures are forgotten when the sign-in is complete: who knows the password only must not get more tries at codes.
      if (await deps.hasSecondFactor(tx, accountId)) return openChallenge(deps, tx, accountId);
      await deps.forgetFailedLogins(tx, accountId);
      return openSession(tx, account);
    },
    admitNew: openSession,
    finish,
    async meetChallenge({ challenge, code }) {
      const hash = hashSecretToken(challenge);
      const accountId = hash && (await findChallenge(db, hash));
      if (!accountId) throw challengeInvalid();
      const admission = await deps.guardCode(accountId, async (tx, account) => {
        checkActive(account);
        if (!(await deps.useCode(tx, accountId, code))) throw codeInvalid();
        if (!(await deleteChallenge(tx, hash))) throw challengeInvalid();
        await deps.forgetFailedLogins(tx, accountId);
        return openSession(tx, account);
      });
      return finish(admission);
    },
  };
}

async function openChallenge(deps: SignInDeps, tx: Transaction<Tables>, accountId: string): Promise<Admission> {
  const { token, hash } = createSecretToken();
  const expiresAt = await insertChallenge(tx, { accountId, hash, lifetimeSeconds: deps.challengeSeconds });
  return { kind: 'challenge', challenge: token, expiresAt };
}

function totpRequired({ challenge, expiresAt }: { challenge: string; expiresAt: Date }): AppError {
  return new AppError('TOTP_REQUIRED', 'Send the challenge back with a code of your authenticator app.', {
    details: { challenge, expiresAt: expiresAt.toISOString() },
  });
}

function challengeInvalid(): AppError {
  return new AppError('CHALLENGE_INVALID', 'The challenge is unknown, expired or used already; sign in again.');
}
