import { randomBytes } from 'node:crypto';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { createRpcClient, type RpcClient } from '@nova/rpc';
import { anonymous, createLogger, type Identity } from '@nova/runtime';
import {
  callFor,
  createTestDatabase,
  createTestKeys,
  type GraphqlAnswer,
  openTestDatabase,
  subgraphClient,
} from '@nova/testkit';
import { type Kysely, sql, type Transaction } from 'kysely';
import { vi } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import type { Tables } from '../src/db/tables.ts';
import { createIdentityService } from '../src/service.ts';

type Calls = RpcClient<typeof IdentityService>['calls'];
type Options = Awaited<ReturnType<typeof callFor>>;
type Caller = Identity | { token: string };

export const password = 'correct horse battery';

/** A running identity service on a database of its own, and what tests ask it and look up behind its back. */
export type IdentityUnderTest = Awaited<ReturnType<typeof startIdentity>>;

export async function startIdentity(env: NodeJS.ProcessEnv = {}) {
  const database = await createTestDatabase();
  const keys = createTestKeys();
  const logLines: string[] = [];
  const log = createLogger({
    service: 'identity',
    level: 'trace',
    destination: { write: (line) => void logLines.push(line) },
  });
  const settings = {
    APP_ENV: 'test',
    GRAPHQL_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.urlFor('identity'),
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: keys.serviceKeyFile,
    ACCESS_TOKEN_KEY_FILE: keys.accessTokenKeyFile,
    SECOND_FACTOR_KEY_FILE: keys.secondFactorKeyFile,
    ...env,
  };
  const service = await createIdentityService(toConfig(readEnv(settings)), {
    log,
    roles: new Set(['graphql', 'grpc']),
  });
  const tables = openTestDatabase<Tables>(settings.DATABASE_URL);
  const send = subgraphClient(service.graphqlUrl, keys);
  const rpc = createRpcClient(IdentityService, { address: service.grpcAddress });
  return {
    ...service,
    settings,
    keys,
    logLines,
    db: tables.db,
    send,
    ...identityClient(send),
    /** Calls with a signed identity (nobody's unless said otherwise), as another domain does for a request. */
    call: async <T>(ask: (calls: Calls, options: Options) => Promise<T>, as: Caller = anonymous): Promise<T> =>
      ask(rpc.calls, await callFor(keys, { as })),
    /** The value of a counter on the admin port; 0 when it has not been touched. */
    async metric(series: string): Promise<number> {
      const page = await (await fetch(`${service.adminUrl}/metrics`)).text();
      const plain = page.replaceAll(/,?service="identity"/g, '').replaceAll('{}', '');
      const line = plain.split('\n').find((text) => text.startsWith(`${series} `));
      return Number(line?.split(' ').at(-1) ?? 0);
    },
    /** Runs `work` while this test holds what it locked, and lets go when `waiters` statements wait for it. */
    async whileLocked<T>(
      options: { lock: (tx: Transaction<Tables>) => Promise<unknown>; waiters: number },
      work: () => Promise<T>,
    ): Promise<T> {
      const { db } = tables;
      let running: Promise<T> | undefined;
      await db.transaction().execute(async (tx) => {
        await options.lock(tx);
        running = work();
        await vi.waitUntil(async () => (await countWaiters(db)) === options.waiters, { timeout: 10_000, interval: 20 });
      });
      return running as Promise<T>;
    },
    async stopAll() {
      rpc.stop();
      await service.stop();
      await tables.stop();
      await database.drop();
      keys.remove();
    },
  };
}

async function countWaiters(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.count ?? 0;
}

const session = `accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt
  account { id email username createdAt user { id } }`;

/** What tests ask identity. */
export function identityClient(send: ReturnType<typeof subgraphClient>) {
  const mutate =
    (field: string, inputType: string, selection: string) =>
    (input: object): Promise<GraphqlAnswer> =>
      send(`mutation ($input: ${inputType}!) { ${field}(input: $input) { ${selection} } }`, { variables: { input } });
  const register = mutate('register', 'RegisterInput', session);
  return {
    register,
    loginWithTotp: mutate('loginWithTotp', 'LoginWithTotpInput', session),
    login: mutate('login', 'LoginInput', session),
    refresh: mutate('refreshSession', 'RefreshSessionInput', session),
    logout: mutate('logout', 'LogoutInput', 'loggedOut'),
    viewer: (as?: Identity) => send('{ viewer { id email username createdAt user { id } } }', { as }),
    /** A new account with `password`; resolves with its session payload. */
    async newAccount() {
      const username = uniqueUsername();
      const answer = await register({ email: `${username}@example.com`, username, password });
      if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
      return answer.data.register as SessionPayload;
    },
  };
}

export type SessionPayload = {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: string;
  readonly account: { readonly id: string; readonly email: string; readonly username: string };
};

export function uniqueUsername(): string {
  return `user_${randomBytes(6).toString('hex')}`;
}

export function codesOf(answer: GraphqlAnswer): string[] {
  return answer.errors.map(({ extensions }) => extensions.code);
}
