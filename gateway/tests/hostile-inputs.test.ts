import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDice } from './hostile/dice.ts';
import { documents } from './hostile/documents.ts';
import { exchange, type Message } from './hostile/exchange.ts';
import { type GatewayProcess, startGatewayProcess } from './hostile/gateway-process.ts';
import { generateOperation } from './hostile/generated-operation.ts';
import { anyPost, disturbedPost } from './hostile/generated-request.ts';
import { json, post } from './hostile/hostile-input.ts';
import { messages } from './hostile/messages.ts';
import { requests } from './hostile/requests.ts';
import { judge, outcomeOf } from './hostile/verdict.ts';

/** With HOSTILE_SEED set to what a run printed, its inputs are generated again. */
const seed = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31);

let gateway: GatewayProcess;
let slowHeaders: Promise<unknown>;
let slowBody: Promise<unknown>;
beforeAll(async () => {
  console.log(`HOSTILE_SEED=${seed}`);
  gateway = await startGatewayProcess();
  slowHeaders = letGo('POST /graphql HTTP/1.1\r\nhost: nova\r\nx: ');
  slowBody = letGo(`POST /graphql HTTP/1.1\r\nhost: nova\r\n${json}\r\ncontent-length: 1000\r\n\r\n{`);
});
afterAll(() => gateway.stop());

const inputs = [...documents, ...requests, ...messages];

/** What is answered to a client that sends a byte every second for as long as the gateway listens. */
async function letGo(begun: string): Promise<unknown> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(begun);
  const drip = setInterval(() => socket.write('x'), 1_000);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(drip);
  return received.slice(0, 'HTTP/1.1 408'.length);
}

test.for(inputs.map((input) => [input.title, input] as const))(
  '%s: no harm done, at little cost',
  async ([, input]) => {
    const outcomes = await judge(gateway, input.message);
    for (const outcome of outcomes) expect(input.outcomes).toContain(outcome);
  },
);

test('no operation over the schema, valid or nearly so, does harm; many of them are served', async () => {
  const authorization = `authorization: Bearer ${await gateway.issuer.token()}`;
  let served = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (random) => {
      const { query, variables } = generateOperation(createDice(random));
      const message = (attempt: number) =>
        post(JSON.stringify({ query: `${query} # ${attempt}`, variables }), [json, authorization]);
      const outcomes = await judge(gateway, message).catch((error: Error) => {
        throw new Error(`${error.message}, for ${JSON.stringify({ query, variables })}`);
      });
      served += outcomes.has('DATA') ? 1 : 0;
    }),
    { seed, numRuns: 350 },
  );
  expect(served).toBeGreaterThan(70);
});

test.each([
  ['post', anyPost, 150],
  ['disturbed message', disturbedPost, 150],
] as const)('no %s whatever does harm', async (_what, arbitrary, numRuns) => {
  await fc.assert(
    fc.asyncProperty(arbitrary, async (message) => {
      await judge(gateway, () => message).catch((error: Error) => {
        throw new Error(`${error.message}, for ${JSON.stringify(message.bytes.toString('latin1'))}`);
      });
    }),
    { seed, numRuns },
  );
});

test('a thousand clients that hang up on their answers leave nothing behind', async () => {
  const { bytes } = post(
    '{"query":"{ posts(first: 12) { nodes { id author { username } comments(first: 5) { nodes { id } } } } }"}',
  );
  await inParallel(1_000, 20, (index) => hangUp(bytes, index % 3));
  const series = async (name: string) =>
    Number(
      new RegExp(`^${name}(?:{.*})? (\\d+)`, 'm').exec(await (await fetch(`${gateway.adminUrl}/metrics`)).text())?.[1],
    );
  await expect.poll(() => series('gateway_requests_running')).toBe(0);
  expect(await series('gateway_requests_queued')).toBe(0);
});

/** Hangs up at once, a little later, or with the first bytes of the answer. */
async function hangUp(bytes: Buffer, when: number): Promise<void> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  const leave = () => socket.resetAndDestroy();
  socket.write(bytes, () => {
    if (when === 0) leave();
    if (when === 1) setImmediate(leave);
  });
  socket.once('data', leave);
  await closed;
}

test('a thousand repetitions of what is refused and of what is served do not grow the heap', async () => {
  const repeated = inputs
    .map(({ message }) => message(0))
    .filter(({ bytes, hangsUp }) => bytes.length < 20_000 && !hangsUp);
  const round = (times: number) =>
    inParallel(times, 8, (index) => exchange(gateway.url, repeated[index % repeated.length] as Message));
  const heap = async () => (await gateway.figures({ collectGarbage: true })).heapBytes;
  await round(repeated.length);
  // What is compiled or made once grows it in some round; what is lost at every request does in each.
  let growth = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 6 && growth >= flatBytes; attempt += 1) {
    const before = await heap();
    await round(1_000);
    growth = (await heap()) - before;
  }
  expect(growth).toBeLessThan(flatBytes);
});

/** A quarter of a kilobyte for each of a thousand. */
const flatBytes = 250_000;

async function inParallel(times: number, width: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) {
      next += 1;
      await work(next);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

test.each([
  ['headers', () => slowHeaders],
  ['a body', () => slowBody],
])('a client that sends %s a byte at a time is let go', async (_what, answered) => {
  expect(await answered()).toBe('HTTP/1.1 408');
});

test('after all that the gateway serves as before, has nothing to complain of, and stops when it is told to', async () => {
  const [answer] = await exchange(gateway.url, post('{"query":"{ post(id: \\"p1\\") { author { username } } }"}'));
  expect(answer && outcomeOf(answer)).toBe('DATA');
  expect(await gateway.complaints()).toEqual([]);
  expect(await gateway.stop()).toBe(0);
});
