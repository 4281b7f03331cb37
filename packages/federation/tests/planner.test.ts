import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { supergraphFile } from '@nova/schema';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Planner, startPlanner } from '../src/index.ts';

const supergraph = readFileSync(supergraphFile, 'utf8');
const query = '{ posts(first: 1) { nodes { id author { username } } } }';

let planner: Planner;
let threads: Worker[];
const note = (message: unknown) => threads.push((message as { worker: Worker }).worker);
beforeEach(() => {
  threads = [];
  subscribe('worker_threads', note);
});
afterEach(async () => {
  unsubscribe('worker_threads', note);
  await planner.stop();
});

test.each([1, 2])('of %i planning threads, those that end while they are idle cost no request', async (count) => {
  planner = await startPlanner(supergraph, { runner: 'nova', threads: count, timeLimitMs: 5_000, maxWaiting: 10 });
  const before = await planner.plan({ query });
  for (let round = 1; round <= 2; round += 1) {
    await expect.poll(() => threads.length).toBeGreaterThanOrEqual(round * count);
    await Promise.all(threads.map((thread) => thread.terminate()));
    expect((await planner.plan({ query })).summary).toEqual(before.summary);
  }
});
