import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AppError } from '@nova/errors';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { Kind, MediaService, State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import type { RpcService } from '@nova/rpc';
import { createLogger, createServiceSigner, StopStack, traceparentFrom } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import {
  callFor,
  createTestDatabase,
  createTestKeys,
  openTestDatabase,
  serveRpc,
  standInService,
  subgraphClient,
  type TestKeys,
} from '@nova/testkit';
import { readEnv, toConfig } from '../src/config.ts';
import type { Tables } from '../src/db/tables.ts';
import { createUserService } from '../src/service.ts';

/** A running user service on a database of its own, beside servers that keep the contracts of the domains it asks. */
export type UserUnderTest = Awaited<ReturnType<typeof startUser>>;

export async function startUser(options: { roles?: readonly Role[]; env?: Readonly<Record<string, string>> } = {}) {
  const stack = new StopStack();
  const database = await createTestDatabase();
  stack.add('database', database.drop);
  const keys = createTestKeys();
  stack.add('keys', async () => keys.remove());
  const peers = createPeers();
  const serve = (service: RpcService) => serveRpc([service], { verifyIdentity: keys.verifyCaller });
  const servers = {
    identity: await serve(peers.identity),
    social: await serve(peers.social),
    media: await serve(peers.media),
  };
  for (const [name, server] of Object.entries(servers)) stack.add(name, server.stop);
  const env = {
    APP_ENV: 'test',
    GRAPHQL_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.urlFor('user'),
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: keys.serviceKeyFile,
    IDENTITY_GRPC_URL: servers.identity.address,
    SOCIAL_GRPC_URL: servers.social.address,
    MEDIA_GRPC_URL: servers.media.address,
    ...options.env,
  };
  const log = createLogger({ service: 'test', level: 'silent' });
  const roles = new Set(options.roles ?? (['graphql', 'grpc'] as const));
  const service = await createUserService(toConfig(readEnv(env)), { log, roles });
  stack.add('user', service.stop);
  const tables = openTestDatabase<Tables>(env.DATABASE_URL);
  stack.add('tables', tables.stop);
  return {
    ...service,
    env,
    keys,
    db: tables.db,
    adminUrlOfDatabase: database.adminUrl,
    ...peers.state,
    send: subgraphClient(service.graphqlUrl, keys),
    stopSocial: servers.social.stop,
    stopAll: () => stack.stop(),
  };
}

/** Options of a call that a service makes in its own name. */
export async function serviceCallFor(
  keys: TestKeys,
  identity: { name: string; permissions: readonly string[] } = { name: 'media', permissions: ['write:quotas'] },
): ReturnType<typeof callFor> {
  const token = await createServiceSigner(readFileSync(keys.serviceKeyFile, 'utf8'))(identity);
  return callFor(keys, { as: { token } });
}

export const eventOrigin = { correlationId: randomUUID(), traceparent: traceparentFrom(undefined) };

type Asset = { readonly id: string; readonly ownerId: string; readonly kind: Kind; readonly state: State };

/** What the domains around know, as far as user asks them. */
function createPeers() {
  const accounts = new Map<string, { id: string; username: string; isActive: boolean }>();
  const follows = new Set<string>();
  const assets = new Map<string, Asset>();
  const relationCalls: string[][] = [];
  const toUser = (account: { id: string; username: string; isActive: boolean } | undefined) => {
    if (!account) throw new AppError('NOT_FOUND', 'The account does not exist.');
    return { ...account, createdAt: timestampFromDate(new Date('2026-11-01T00:00:00Z')) };
  };
  const state = {
    accounts,
    assets,
    relationCalls,
    addAccount(username: string): string {
      const id = randomUUID();
      accounts.set(id, { id, username, isActive: true });
      return id;
    },
    addAsset(ownerId: string, facts: Partial<Asset> = {}): string {
      const id = randomUUID();
      assets.set(id, { id, ownerId, kind: Kind.IMAGE, state: State.READY, ...facts });
      return id;
    },
    follow: (follower: string, followee: string) => follows.add(`${follower} ${followee}`),
  };
  return {
    state,
    identity: standInService(IdentityService, {
      getUser: async ({ id }) => ({ user: toUser(accounts.get(id)) }),
      getUsersByIds: async ({ ids }) => ({
        users: ids.flatMap((id) => (accounts.has(id) ? [toUser(accounts.get(id))] : [])),
      }),
      getUserByUsername: async ({ username }) => ({
        user: toUser([...accounts.values()].find((each) => each.username === username)),
      }),
    }),
    social: standInService(SocialService, {
      async getRelations({ userId, otherIds }) {
        relationCalls.push(otherIds);
        const relations = otherIds.map((otherId) => ({ otherId, follows: follows.has(`${userId} ${otherId}`) }));
        return { relations };
      },
    }),
    media: standInService(MediaService, {
      getAssets: async ({ ids }) => ({ assets: ids.flatMap((id) => assets.get(id) ?? []) }),
    }),
  };
}
