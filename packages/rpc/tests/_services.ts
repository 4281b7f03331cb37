import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { IdentityService, UserSchema } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { createLogger, createMetrics } from '@nova/runtime';
import { createTestKeys, standInService, userIdentity } from '@nova/testkit';
import { callOptions, createCallTally, createRpcClient, type RpcContext, startRpcServer } from '../src/index.ts';
import type { RpcServerLimits } from '../src/server-limits.ts';

export const id = '01999999-0000-7000-8000-000000000001';
export const keys = createTestKeys();

const limits: RpcServerLimits = {
  maxCalls: 100,
  maxStreams: 100,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  connectionAgeMs: 300_000,
};

export const user = create(UserSchema, { id, username: 'ada', createdAt: timestampNow(), isActive: true });

/** Identity, of which `getUser` does what it is told; what that returns is the name of the account. */
export function startIdentityServer(
  answer: (context: RpcContext) => unknown,
  over: Partial<RpcServerLimits> & { port?: number } = {},
) {
  const { port = 0, ...changed } = over;
  return startRpcServer({
    host: '127.0.0.1',
    port,
    services: [
      standInService(IdentityService, {
        getUser: async (_request, context) => ({
          user: { ...user, username: String((await answer(context)) ?? 'ada') },
        }),
        getUsersByIds: async () => ({ users: [user] }),
        getUserByUsername: async () => ({ user }),
      }),
    ],
    descriptors: new Uint8Array(),
    verifyIdentity: keys.verify,
    log: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('rpc-test'),
    limits: { ...limits, ...changed },
  });
}

/** The same service without a word on what may be repeated. */
export const unmarked = {
  ...IdentityService,
  methods: IdentityService.methods.map((method) => ({ ...method, idempotency: 0 })),
} as unknown as typeof IdentityService;

export async function options(over: { remainingMs?: number; signal?: AbortSignal } = {}) {
  const { remainingMs = 10_000, signal = new AbortController().signal } = over;
  return callOptions({
    identityToken: await keys.sign(userIdentity(id, [])),
    correlationId: 'asked-by-test',
    traceparent: '',
    deadline: { remainingMs: () => remainingMs, signal },
    tally: createCallTally(undefined),
  });
}

export function clientOf(
  address: string | number,
  over: { service?: typeof IdentityService; tuning?: Parameters<typeof createRpcClient>[1]['tuning'] } = {},
) {
  const target = typeof address === 'number' ? `127.0.0.1:${address}` : address;
  return createRpcClient(over.service ?? IdentityService, { address: target, tuning: over.tuning });
}
