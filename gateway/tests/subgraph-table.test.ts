import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigError } from '@nova/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { readSubgraphTable } from '../src/fanout/subgraph-table.ts';
import { startWorld } from './_world.ts';

function fileOf(content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), 'nova-subgraphs-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'subgraphs.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const policy = {
  timeoutMs: 10_000,
  maxRunning: 100,
  maxQueued: 100,
  retries: true,
  breaker: { failures: 5, successes: 3, openMs: 30_000 },
};

test('without a file of its own a gateway has the committed table, for subgraphs of any name', () => {
  const { policyOf, named } = readSubgraphTable(undefined);
  expect(policyOf('anything')).toEqual(policy);
  expect(policyOf('identity').breaker).toEqual({ failures: 3, successes: 3, openMs: 30_000 });
  expect(policyOf('media').breaker).toEqual({ failures: 5, successes: 5, openMs: 60_000 });
  expect(policyOf('search').breaker).toEqual({ failures: 5, successes: 3, openMs: 30_000 });
  expect(named).toEqual([]);
});

test('a row says what differs from the default row, and that what differs from the one built in', () => {
  const { policyOf, named } = readSubgraphTable(
    fileOf({ default: { timeoutMs: 7_000, breaker: { openMs: 5 } }, user: { maxQueued: 0, breaker: { failures: 9 } } }),
  );
  expect(policyOf('content')).toEqual({ ...policy, timeoutMs: 7_000, breaker: { ...policy.breaker, openMs: 5 } });
  expect(policyOf('user')).toEqual({
    ...policy,
    timeoutMs: 7_000,
    maxQueued: 0,
    breaker: { failures: 9, successes: 3, openMs: 5 },
  });
  expect(policyOf('__proto__')).toEqual(policyOf('content'));
  expect(named).toEqual(['user']);
});

test('all that is wrong with the table is reported at once, each with its place', () => {
  const file = fileOf(
    '{"default":{"timeoutMs":"10s","retry":true},"user":{"maxRunning":0,"retries":1,"breaker":{"openMs":1.5,"open":3}},"content":[],"identity":{"breaker":7}}',
  );
  try {
    readSubgraphTable(file);
    expect.unreachable();
  } catch (error) {
    expect((error as ConfigError).problems).toEqual([
      `SUBGRAPHS_FILE (${file}) at default.timeoutMs: Invalid input: expected number, received string (it is "10s")`,
      `SUBGRAPHS_FILE (${file}) at default: Unrecognized keys ["retry"]: expected timeoutMs, maxRunning, maxQueued, retries, breaker`,
      `SUBGRAPHS_FILE (${file}) at user.maxRunning: Too small: expected number to be >=1 (it is 0)`,
      `SUBGRAPHS_FILE (${file}) at user.retries: Invalid input: expected boolean, received number (it is 1)`,
      `SUBGRAPHS_FILE (${file}) at user.breaker.openMs: Invalid input: expected int, received number (it is 1.5)`,
      `SUBGRAPHS_FILE (${file}) at user.breaker: Unrecognized keys ["open"]: expected failures, successes, openMs`,
      `SUBGRAPHS_FILE (${file}) at content: Invalid input: expected object, received array (it is [])`,
      `SUBGRAPHS_FILE (${file}) at identity.breaker: Invalid input: expected object, received number (it is 7)`,
    ]);
  }
});

test.each([
  ['is not JSON', 'timeoutMs: 5', /SUBGRAPHS_FILE \(.*\) is not JSON/],
  ['is a list', '[]', /SUBGRAPHS_FILE \(.*\): Invalid input: expected record/],
])('a table that %s keeps the gateway from starting', async (_what, content, message) => {
  await expect(startWorld({ SUBGRAPHS_FILE: fileOf(content) })).rejects.toThrow(message);
});

test('a table that is not there keeps the gateway from starting', async () => {
  await expect(startWorld({ SUBGRAPHS_FILE: 'nowhere.json' })).rejects.toThrow(
    /SUBGRAPHS_FILE .* cannot be read \(ENOENT\): nowhere.json/,
  );
});

test('a row for a subgraph that does not exist is reported, for it is most likely a misspelling', async () => {
  const world = await startWorld({}, { policies: { usr: {}, user: {} } });
  onTestFinished(() => world.stop());
  expect(world.logLines).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      subgraphs: ['usr'],
      msg: expect.stringContaining('SUBGRAPHS_FILE'),
    }),
  );
});
