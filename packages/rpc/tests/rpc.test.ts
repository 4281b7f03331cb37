import { readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { AppError, type ErrorCode, errorCodes } from '@nova/errors';
import { IdentityService, UserSchema } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { currentDeadline, startDeadline } from '@nova/resilience';
import { anonymous, createLogger, createMetrics } from '@nova/runtime';
import { createTestKeys, standInService, userIdentity } from '@nova/testkit';
import { createChannel, createClient } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { ServerReflectionService } from 'nice-grpc-server-reflection';
import reflectionMessages from 'nice-grpc-server-reflection/lib/proto/grpc/reflection/v1/reflection_pb.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  callOptions,
  createCallTally,
  createOwnCalls,
  createRpcClient,
  type RpcContext,
  readDescriptors,
  startRpcServer,
} from '../src/index.ts';

const id = '01999999-0000-7000-8000-000000000001';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const keys = createTestKeys();
const strangerKeys = createTestKeys();
const metrics = createMetrics('rpc-test');
let answer: (context: RpcContext) => Promise<void>;
let server: Awaited<ReturnType<typeof startRpcServer>>;
let client: ReturnType<typeof createRpcClient<typeof IdentityService>>;

beforeAll(async () => {
  const user = create(UserSchema, { id, username: 'ada', createdAt: timestampNow(), isActive: true });
  server = await startRpcServer({
    host: '127.0.0.1',
    port: 0,
    services: [
      standInService(
        IdentityService,
        {
          async getUser(_request, context) {
            await answer(context);
            return { user };
          },
          getUsersByIds: async () => ({ users: [user] }),
          getUserByUsername: async () => ({ user }),
        },
        { getUserByUsername: 'read:users' },
      ),
    ],
    descriptors: readDescriptors(),
    verifyIdentity: keys.verifyCaller,
    log: createLogger({ service: 'test', level: 'silent' }),
    metrics,
  });
  client = createRpcClient(IdentityService, { address: `127.0.0.1:${server.port}` });
});
afterAll(async () => {
  client.stop();
  await server.stop();
  await server.stop();
  keys.remove();
  strangerKeys.remove();
});

async function origin(timeoutMs = 5_000) {
  const identityToken = await keys.sign(userIdentity(id, ['read:posts']));
  const deadline = startDeadline(timeoutMs);
  return { identityToken, correlationId: 'correlation-1', traceparent, deadline, tally: createCallTally(undefined) };
}

async function getUser(timeoutMs?: number) {
  const from = await origin(timeoutMs);
  return client.calls.getUser({ id }, callOptions(from)).finally(() => from.deadline.clear());
}

test('a call arrives with the identity and correlation id of the request it is made for', async () => {
  let seen: RpcContext | undefined;
  answer = async (context) => {
    seen = context;
  };
  expect((await getUser()).user?.username).toBe('ada');
  expect(seen?.identity).toMatchObject({ kind: 'user', userId: id, permissions: ['read:posts'] });
  expect(seen?.correlationId).toBe('correlation-1');
});

test.each(Object.keys(errorCodes) as ErrorCode[])(
  '%s reaches the caller with its message and details',
  async (code) => {
    answer = async () => {
      throw new AppError(code, 'Said to the caller.', { details: { limit: 3, field: 'naïve' } });
    };
    const error = await getUser().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code, message: 'Said to the caller.', details: { limit: 3, field: 'naïve' } });
  },
);

test('what was not thrown on purpose is masked', async () => {
  answer = async () => {
    throw new Error('select secret from accounts');
  };
  const error = await getUser().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'INTERNAL_ERROR', message: 'The service failed.' });
});

test('a call made for a request that is given up rejects with the reason of that', async () => {
  const reason = new AppError('DEADLINE_EXCEEDED', 'The caller hung up.');
  const hungUp = new AbortController();
  const arrived = Promise.withResolvers<void>();
  answer = async (context) => {
    arrived.resolve();
    await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
  };
  const identityToken = await keys.sign(anonymous);
  const from = {
    identityToken,
    correlationId: 'correlation-1',
    traceparent,
    deadline: startDeadline(5_000, hungUp.signal),
    tally: createCallTally(undefined),
  };
  const call = client.calls.getUser({ id }, callOptions(from));
  await arrived.promise;
  hungUp.abort(reason);
  await expect(call).rejects.toBe(reason);
  from.deadline.clear();
});

test('a call ends with its request, and the server sees it', async () => {
  const cancelled = new Promise<void>((resolve) => {
    answer = async (context) => {
      await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
      resolve();
    };
  });
  const started = performance.now();
  await expect(getUser(100)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  expect(performance.now() - started).toBeLessThan(4_000);
  await cancelled;
});

test('a method has as long as its caller waits, and what it runs finds that deadline', async () => {
  let left: readonly number[] = [];
  answer = async ({ deadline }) => {
    left = [deadline.remainingMs(), currentDeadline()?.remainingMs() ?? Number.NaN];
  };
  await getUser(3_000);
  for (const ms of left) expect(ms).toBeLessThanOrEqual(3_000);
  expect(Math.min(...left)).toBeGreaterThan(0);
});

test('the calls a method makes for a call are counted with it, and share its allowance', async () => {
  const callOn = async (context: RpcContext) => {
    await client.calls.getUsersByIds({ ids: [id] }, callOptions(context));
  };
  answer = callOn;
  const from = { ...(await origin()), tally: createCallTally('3') };
  await client.calls.getUser({ id }, callOptions(from));
  expect(from.tally).toMatchObject({ made: 2, left: 1 });
  const refused = { code: 'RPC_LIMIT_EXCEEDED', details: { allowance: 0 } };
  await expect(client.calls.getUser({ id }, callOptions(from))).rejects.toMatchObject(refused);
  expect(from.tally.made).toBe(3);
  await expect(client.calls.getUser({ id }, callOptions(from))).rejects.toMatchObject({
    code: 'RPC_LIMIT_EXCEEDED',
    details: { allowance: 3 },
  });
  from.deadline.clear();
});

test('a request that breaks the rules in the proto is refused field by field', async () => {
  const from = await origin();
  const call = client.calls.getUsersByIds({ ids: ['no-uuid'] }, callOptions(from));
  const error: AppError = await call.then(
    () => expect.unreachable(),
    (caught: AppError) => caught,
  );
  expect(error.code).toBe('BAD_USER_INPUT');
  expect(error.details.fields).toEqual([expect.stringContaining('ids')]);
  await expect(client.calls.getUsersByIds({ ids: [] }, callOptions(from))).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
  });
  from.deadline.clear();
});

test.each([
  ['no identity', async () => ''],
  ['a forged identity', () => strangerKeys.sign(anonymous)],
])('a call with %s is refused', async (_name, token) => {
  const from = { ...(await origin()), identityToken: await token() };
  await expect(client.calls.getUser({ id }, callOptions(from))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  from.deadline.clear();
});

const method = '/nova.identity.v1.IdentityService/GetUserByUsername';
test.each([
  ['nobody', anonymous, { code: 'UNAUTHENTICATED', details: { method } }],
  [
    'a user without it',
    userIdentity(id, ['read:posts']),
    { code: 'FORBIDDEN', details: { method, scopes: ['read:users'] } },
  ],
])('a method that needs a permission is refused to %s, before its request is looked at', async (_who, as, refusal) => {
  const from = { ...(await origin()), identityToken: await keys.sign(as) };
  for (const username of ['ada', 'no username'])
    await expect(client.calls.getUserByUsername({ username }, callOptions(from))).rejects.toMatchObject(refusal);
  from.deadline.clear();
});

test('who has the permission is served, and a method that needs none serves anybody with a signed identity', async () => {
  const from = { ...(await origin()), identityToken: await keys.sign(userIdentity(id, ['read:users'])) };
  expect((await client.calls.getUserByUsername({ username: 'ada' }, callOptions(from))).user?.id).toBe(id);
  const nobody = { ...from, identityToken: await keys.sign(anonymous) };
  expect((await client.calls.getUsersByIds({ ids: [id] }, callOptions(nobody))).users).toHaveLength(1);
  from.deadline.clear();
});

test('health answers without an identity', async () => {
  const channel = createChannel(`127.0.0.1:${server.port}`);
  const health = createClient(HealthDefinition, channel);
  for (const service of ['', 'nova.identity.v1.IdentityService']) {
    expect(await health.check({ service })).toMatchObject({ status: 1 });
  }
  channel.close();
});

test('reflection lists the services and describes their methods without an identity', async () => {
  const channel = createChannel(`127.0.0.1:${server.port}`);
  const reflection = createClient(ServerReflectionService, channel);
  const symbol = 'nova.identity.v1.IdentityService';
  const { ServerReflectionRequest } = reflectionMessages;
  async function* ask() {
    yield new ServerReflectionRequest().setListServices('');
    yield new ServerReflectionRequest().setFileContainingSymbol(symbol);
  }
  const answers = [];
  for await (const response of reflection.serverReflectionInfo(ask())) answers.push(response);
  const services = answers[0]?.getListServicesResponse()?.getServiceList();
  expect(services?.map((service) => service.getName())).toContain(symbol);
  expect(answers[1]?.getFileDescriptorResponse()?.getFileDescriptorProtoList().length).toBeGreaterThan(0);
  channel.close();
});

test('an address where nobody listens is SERVICE_UNAVAILABLE', async () => {
  const away = createRpcClient(IdentityService, { address: '127.0.0.1:1' });
  const from = await origin();
  await expect(away.calls.getUser({ id }, callOptions(from))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  from.deadline.clear();
  away.stop();
});

test('plain text is not served beyond loopback', async () => {
  const options = { services: [], descriptors: readDescriptors(), verifyIdentity: keys.verifyCaller, metrics };
  const log = createLogger({ service: 'test', level: 'silent' });
  await expect(startRpcServer({ ...options, log, host: '0.0.0.0', port: 0 })).rejects.toThrow('loopback');
});

test('calls are counted by method and status', async () => {
  answer = async () => {};
  await getUser();
  const text = await metrics.metrics();
  expect(text).toMatch(/grpc_requests_total\{.*method="\/nova\.identity\.v1\.IdentityService\/GetUser".*status="OK"/);
});

test('a service calls of its own accord as itself, with its permissions and the cause of the call', async () => {
  const serviceKey = readFileSync(keys.serviceKeyFile, 'utf8');
  const cause = { correlationId: 'what-happened', traceparent };
  const seen: unknown[] = [];
  answer = async ({ identity, correlationId }) => void seen.push(identity, correlationId);
  const own = createOwnCalls({ service: 'search', serviceKey, permissions: ['read:users'] });
  await own.run({ cause, timeoutMs: 5_000 }, async (origin) => {
    await client.calls.getUser({ id }, callOptions(origin));
    await client.calls.getUserByUsername({ username: 'ada' }, callOptions(origin));
  });
  expect(seen).toEqual([{ kind: 'service', name: 'search', permissions: ['read:users'] }, 'what-happened']);
});

test('a call on behalf of a request is the service’s own, and one of the request’s', async () => {
  const serviceKey = readFileSync(keys.serviceKeyFile, 'utf8');
  const seen: unknown[] = [];
  answer = async ({ identity, correlationId }) => void seen.push(identity, correlationId);
  const own = createOwnCalls({ service: 'search', serviceKey, permissions: ['read:users'] });
  const request = {
    identityToken: await keys.sign(userIdentity(id, [])),
    correlationId: 'of-a-request',
    traceparent,
    deadline: { remainingMs: () => 5_000, signal: AbortSignal.timeout(5_000) },
    tally: createCallTally(undefined),
  };
  await client.calls.getUser({ id }, callOptions(await own.onBehalfOf(request)));
  expect(seen).toEqual([{ kind: 'service', name: 'search', permissions: ['read:users'] }, 'of-a-request']);
  expect(request.tally.made).toBe(1);
});

test('a service without the permission of a method is refused, and so is one whose key is another', async () => {
  const cause = { correlationId: 'what-happened', traceparent };
  const ask = (serviceKeyFile: string) =>
    createOwnCalls({ service: 'search', serviceKey: readFileSync(serviceKeyFile, 'utf8') }).run(
      { cause, timeoutMs: 5_000 },
      (origin) => client.calls.getUserByUsername({ username: 'ada' }, callOptions(origin)),
    );
  await expect(ask(keys.serviceKeyFile)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(ask(strangerKeys.serviceKeyFile)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
