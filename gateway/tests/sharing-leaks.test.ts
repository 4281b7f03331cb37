import { headerNames } from '@nova/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type HeldCall, holdQueries, viewerOf } from './_held-subgraph.ts';
import { type Answer, send, startWorld, type World } from './_world.ts';

/** Viewers who differ in as little as they can; the last two are one. */
const identities = [
  undefined,
  { sub: 'u1', sid: 's1', permissions: ['write:posts'] },
  { sub: 'u1', sid: 's2', permissions: ['write:posts'] },
  { sub: 'u1', sid: 's1', permissions: [] },
  { sub: 'u1', sid: 's1', permissions: ['write:posts', 'delete:post'] },
  { sub: 'u1', sid: 's1', permissions: ['delete:post', 'write:posts'] },
  { sub: 'u2', sid: 's1', permissions: ['write:posts'] },
  { sub: 'u1","s1', sid: '', permissions: [] },
  { sub: 'u3', sid: 's3', permissions: ['write:posts'] },
  { sub: 'u3', sid: 's3', permissions: ['write:posts'] },
] as const;

/** Operations that are nearly the same: some make the same fetch, some differ in a variable only. */
const operations = [
  { query: '{ viewer { id email } }' },
  { query: '{ viewer { id email } __typename }' },
  { query: '{ viewer { email id } }' },
  { query: 'query Viewer { viewer { id email } }' },
  { query: 'query ($a: Boolean = true) { viewer { id email @include(if: $a) } }', variables: { a: true } },
  { query: 'query ($a: Boolean = true) { viewer { id email @include(if: $a) } }' },
];
const mutation = { query: 'mutation { logout(input: { refreshToken: "r" }) { loggedOut } }' };

type Step =
  | { readonly kind: 'ask'; readonly viewer: number; readonly operation: number }
  | { readonly kind: 'mutate'; readonly viewer: number }
  | { readonly kind: 'answer' | 'fail' | 'hang up'; readonly which: number };

const viewer = fc.nat(identities.length - 1);
const which = fc.nat();
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        viewer,
        operation: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(operations.length - 1)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('mutate' as const), viewer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('answer' as const, 'fail', 'hang up'), which }) },
  ),
  { minLength: 10, maxLength: 40 },
);

type Asked = {
  readonly viewer: number;
  /** Queries that had come to the subgraph when this viewer's last mutation was answered. */
  readonly since: number;
  readonly hangUp: AbortController;
  readonly answer: Promise<Answer | undefined>;
};

let world: World;
let held: HeldCall[];
let tokens: Array<Record<string, string>>;
beforeAll(async () => {
  world = await startWorld();
  held = holdQueries(world.subgraphs.identity, { logout: { loggedOut: true } });
  tokens = await Promise.all(
    // Two tokens of one identity differ in when they end.
    identities.map(
      async (claims, at): Promise<Record<string, string>> =>
        claims ? { authorization: `Bearer ${await world.issuer.token({ claims, expiresInSeconds: 800 + at })}` } : {},
    ),
  );
});
afterAll(() => world.stop());

const until = (condition: () => unknown) => vi.waitUntil(condition, { timeout: 20_000, interval: 2 });
const sharedCount = async () => {
  const metric = await world.gateway.metrics.getSingleMetric('gateway_shared_total')?.get();
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
};
const nameOf = (at: number) => {
  const claims = identities[at];
  return claims ? viewerOf(claims.sub, claims.sid, claims.permissions) : viewerOf(undefined, undefined, undefined);
};
const userOf = (at: number) => identities[at]?.sub;
const post = (body: object, at: number, signal: AbortSignal) =>
  send(`${world.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...tokens[at] },
    body: JSON.stringify(body),
    signal,
  });

function answer({ viewer: name, number, answer }: HeldCall): void {
  answer({ data: { viewer: { id: String(number), email: name } } });
}

function fail({ viewer: name, number, answer }: HeldCall): void {
  const extensions = { code: 'CONFLICT', number: String(number) };
  answer({ data: { viewer: null }, errors: [{ message: name, path: ['viewer'], extensions }] });
}

const totals = { asked: 0, joined: 0 };

async function play(script: readonly Step[]): Promise<void> {
  const asked: Asked[] = [];
  const lastWrites = new Map<string | undefined, number>();
  const firstCall = held.length;
  const open = () => held.slice(firstCall).filter(({ isOver }) => !isOver);
  for (const step of script)
    switch (step.kind) {
      case 'ask': {
        const arrived = async () => held.length + (await sharedCount());
        const before = await arrived();
        const hangUp = new AbortController();
        const reply = post(operations[step.operation] as object, step.viewer, hangUp.signal).catch(() => undefined);
        const since = lastWrites.get(userOf(step.viewer)) ?? 0;
        asked.push({ viewer: step.viewer, since, hangUp, answer: reply });
        await until(async () => (await arrived()) === before + 1);
        break;
      }
      case 'mutate':
        expect((await post(mutation, step.viewer, AbortSignal.timeout(20_000))).body.data.logout.loggedOut).toBe(true);
        lastWrites.set(userOf(step.viewer), held.length);
        break;
      case 'hang up':
        asked[step.which % asked.length]?.hangUp.abort();
        break;
      default: {
        const waiting = open();
        const call = waiting[step.which % waiting.length];
        if (call) (step.kind === 'answer' ? answer : fail)(call);
      }
    }
  for (const call of open()) answer(call);
  for (const it of asked) check(it, await it.answer);
  totals.asked += asked.length;
  totals.joined += asked.length - (held.length - firstCall);
}

function check({ viewer: at, since, hangUp }: Asked, reply: Answer | undefined): void {
  if (!reply) {
    expect(hangUp.signal.aborted).toBe(true);
    return;
  }
  const { body, headers } = reply;
  const [error] = body.errors ?? [];
  const told = error
    ? { viewer: error.message, number: Number(error.extensions.number) }
    : { viewer: body.data.viewer.email, number: Number(body.data.viewer.id) };
  expect(told.viewer).toBe(nameOf(at));
  expect(told.number).toBeGreaterThanOrEqual(since);
  if (error) expect(error.extensions.requestId).toBe(headers.get(headerNames.correlationId));
}

test('whoever asks what and whenever, hangs up, fails or writes: each is told his own, and nothing older than his last write', async () => {
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: 40, endOnFailure: true });
  // Else there was nothing to leak.
  expect(totals.joined).toBeGreaterThan(totals.asked / 20);
});

test('of many who ask the same at once, each viewer has one request sent', async () => {
  const [sent, joined] = [held.length, await sharedCount()];
  const crowd = Array.from({ length: 100 }, (_, at) => at % identities.length);
  const answers = crowd.map((at) => post(operations[0] as object, at, AbortSignal.timeout(30_000)));
  await until(async () => held.length - sent + (await sharedCount()) - joined === crowd.length);
  const calls = held.slice(sent);
  expect(new Set(calls.map((call) => call.viewer)).size).toBe(calls.length);
  expect(calls).toHaveLength(new Set(identities.map((_, at) => nameOf(at))).size);
  for (const call of calls) answer(call);
  for (const [at, { body }] of (await Promise.all(answers)).entries())
    expect(body.data.viewer.email).toBe(nameOf(crowd[at] as number));
});
