import type { Logger, Metrics } from '@nova/runtime';
import { Counter } from 'prom-client';

/** What identity tells its operators: one function for each thing worth counting. Ids only, never an email or a token. */
export type Telemetry = {
  loginEnded(outcome: 'success' | 'invalid_credentials' | 'locked' | 'inactive' | 'totp_required'): void;
  accountLocked(accountId: string): void;
  sessionEnded(reason: 'logout' | 'reuse', sessionId: string): void;
  secondFactorChanged(change: 'enabled' | 'disabled', accountId: string): void;
  passwordWorkBegan(kind: 'hash' | 'match'): void;
};

export function createTelemetry(log: Logger, metrics: Metrics): Telemetry {
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers: [metrics] });
  const logins = counter('identity_logins_total', 'Sign-ins by outcome.', ['outcome']);
  const locks = counter('identity_account_locks_total', 'Accounts locked after too many failed sign-ins.');
  const endedSessions = counter('identity_sessions_ended_total', 'Sessions ended, by reason.', ['reason']);
  const passwordWork = counter('identity_password_work_total', 'Passwords hashed or matched.', ['kind']);
  const secondFactors = counter('identity_second_factor_changes_total', 'Second factors enabled and disabled.', [
    'change',
  ]);
  return {
    loginEnded: (outcome) => logins.inc({ outcome }),
    accountLocked(accountId) {
      locks.inc();
      log.warn({ accountId }, 'an account was locked after too many failed sign-ins');
    },
    sessionEnded(reason, sessionId) {
      endedSessions.inc({ reason });
      if (reason === 'reuse') log.warn({ sessionId }, 'a refresh token was used twice; its session was ended');
    },
    secondFactorChanged(change, accountId) {
      secondFactors.inc({ change });
      log.info({ accountId, change }, 'a second factor was changed');
    },
    passwordWorkBegan: (kind) => passwordWork.inc({ kind }),
  };
}
