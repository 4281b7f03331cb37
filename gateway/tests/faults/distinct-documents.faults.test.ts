import { createHash } from 'node:crypto';
import { byForm } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { send } from '../_world.ts';
import { type GatewayProcess, startGatewayProcess } from '../hostile/gateway-process.ts';

const mebibyte = 1_048_576;
const form = byForm({
  long: { documents: 10_000, cacheMb: 16 },
  short: { documents: 1_500, cacheMb: 1 },
});
/** Documents, shapes of answers, plans and automatic persisted queries. */
const caches = 4;

let gateway: GatewayProcess;
beforeAll(async () => {
  const cacheBytes = String(form.cacheMb * mebibyte);
  gateway = await startGatewayProcess({
    env: { DOCUMENT_CACHE_BYTES: cacheBytes, PLAN_CACHE_BYTES: cacheBytes, APQ_CACHE_BYTES: cacheBytes },
  });
});
afterAll(() => gateway.stop());

async function ask(query: string): Promise<void> {
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const { status, text } = await send(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
  });
  expect([status, text]).toEqual([200, expect.not.stringContaining('"errors":')]);
  for (const { calls } of Object.values(gateway.subgraphs)) calls.splice(0);
}

async function heapMb(): Promise<number> {
  return (await gateway.figures({ collectGarbage: true })).heapBytes / mebibyte;
}

/** Asks for as many documents and takes the heap ten times on the way. */
async function heapsWhile(documents: number, documentOf: (number: number) => string): Promise<number[]> {
  const heaps = [await heapMb()];
  for (let number = 1; number <= documents; number += 1) {
    await ask(documentOf(number));
    if (number % (documents / 10) === 0) heaps.push(await heapMb());
  }
  return heaps;
}

/** What a document costs once the caches are full, in bytes: from the least of the third fifth to the least of the last. */
function slope(heaps: readonly number[], documents: number): number {
  const early = Math.min(...heaps.slice(5, 8));
  const late = Math.min(...heaps.slice(-3));
  return ((late - early) * mebibyte) / (0.3 * documents);
}

test('documents never seen before take no more memory than the caches may have, however many come', {
  timeout: byForm({ long: 1_200_000, short: 120_000 }),
}, async () => {
  const { documents, cacheMb } = form;
  const author = 'author { username displayName posts(first: 2) { nodes { id body } } }';
  const [start, ...heaps] = await heapsWhile(
    documents,
    (number) => `query Cold${number} {
      posts(first: 2) { nodes { a${number}: id body createdAt ${author} comments(first: 1) { nodes { body ${author} } } } }
    }`,
  );
  const figures = { documents, start, heaps, bytesEach: slope(heaps, documents) };
  console.log('G8', figures);
  // One that stayed in a single cache would be 10 000 bytes and more.
  expect(figures.bytesEach).toBeLessThan(2_000);
  expect(Math.max(...heaps) - (start as number)).toBeLessThan(caches * cacheMb + 20);
});

test('documents with long comments are counted as what they take', { timeout: 120_000 }, async () => {
  const comment = `# ${'x'.repeat(200_000)}`;
  const [start = 0, ...heaps] = await heapsWhile(
    200,
    (number) => `{ posts(first: 1) { nodes { id } } } ${comment}${number}`,
  );
  console.log('G8 comments', { start, heaps });
  expect((heaps.at(-1) as number) - start).toBeLessThan(caches * form.cacheMb + 5);
});
