import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectHandler,
  eventRecord,
  malformed,
  numbers,
} from '../../outbox/tests/_harness/consumer-database.ts';
import { runNova } from '../src/nova.ts';

let database: ConsumerDatabase;
let refused: boolean;

beforeEach(async () => {
  refused = true;
  database = await createConsumerDatabase();
  const handler = effectHandler(({ number }) => {
    if (refused && number === 1) throw new Error('It does not work \u001b[31myet.');
  });
  await database.consume(handler);
  await database.send([eventRecord('a', 1), eventRecord('a', 2), malformed('m')]);
  await expect.poll(database.lag).toBe(0n);
});
afterEach(() => database.drop());

async function nova(line: string, env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = [];
  const output = { log: (text: string) => lines.push(text), error: (text: string) => lines.push(text) };
  const args = ['dead-letters', ...line.split(' ')];
  const code = await runNova(args, output, { DATABASE_DIRECT_URL: database.url, USER: 'ada', ...env });
  return { code, text: lines.join('\n') };
}

const idOf = async (cause: string): Promise<string> =>
  JSON.parse((await nova(`list --domain user --cause ${cause} --json`)).text).letters[0].id;

test('what waits is listed, page by page, and shown with what it carries', async () => {
  const all = await nova('list --domain user');
  expect(all).toMatchObject({ code: 0, text: expect.stringMatching(/FAILED .*content.post_created/) });
  expect(all.text).toContain('KEY_PARKED');
  const first = await nova('list --domain user --first 1');
  const [, after] = first.text.match(/--after (\S+)/) ?? [];
  const rest = JSON.parse((await nova(`list --domain user --after ${after} --json`)).text);
  expect(rest).toMatchObject({ hasMore: false, letters: { length: 2 } });
  const shown = await nova(`show ${await idOf('FAILED')} --domain user`);
  expect(shown.text).toMatch(/cause +FAILED: Error: It does not work/);
  expect(shown.text).not.toContain('\u001b');
  expect(shown.text).toMatch(/header event-type +content.post_created/);
});

test('a replay says how many were asked for, what came of it with --wait, and fails when one failed', async () => {
  const failing = await nova('replay --cause FAILED --domain user --wait');
  expect(failing).toEqual({ code: 1, text: '1 requested.\n1 failed.' });
  refused = false;
  const id = await idOf('FAILED');
  const done = await nova(`replay ${id} --domain user --wait --json --by grace`);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.text)).toMatchObject({ requested: 1, waiting: 0, outcomes: { replayed: 1 } });
  await expect.poll(() => database.effects('a')).toEqual(numbers('a', 1, 2));
  expect((await nova(`show ${id} --domain user`)).text).toMatch(/audit .* grace replay replayed/);
  expect(await nova(`replay ${id} --domain user`)).toMatchObject({
    code: 1,
    text: expect.stringContaining('resolved'),
  });
});

test('one that is given up is gone from the list, and the audit knows who did it', async () => {
  const id = await idOf('MALFORMED');
  expect(await nova(`discard ${id} --domain user`)).toEqual({ code: 0, text: `${id} is given up.` });
  expect((await nova('list --domain user --cause MALFORMED')).text).toBe('No dead letters.');
  expect((await nova(`show ${id} --domain user`)).text).toMatch(/audit .* ada discard discarded/);
});

test.each([
  ['list', 'Name the domain'],
  ['list --domain user --cause BROKEN', '--cause is one of MALFORMED'],
  ['list --domain user --wait', 'does not take --wait'],
  ['list --domain user --bogus', '--bogus'],
  ['list --domain user --first many', '--first is a number'],
  ['show --domain user', 'by its id'],
  ['replay --domain user', 'Say which'],
  ['replay some-id --all --domain user', 'Say which'],
])('"%s" is not understood, and says why', async (line, said) => {
  expect(await nova(line)).toMatchObject({ code: 2, text: expect.stringContaining(said) });
});

test.each([
  ['show 00000000-0000-7000-8000-000000000000 --domain user', {}, 'There is no dead letter'],
  ['list --domain content', {}, 'whose schema is user, not content'],
  ['list --domain user', { DATABASE_DIRECT_URL: '' }, 'DATABASE_DIRECT_URL is required'],
  [
    'list --domain user',
    { DATABASE_DIRECT_URL: 'postgres://nobody@127.0.0.1:1/nova' },
    'The database is not available.',
  ],
  ['list --domain user --first 9999', {}, 'from 1 to 500'],
])('"%s" fails in a sentence', async (line, env, said) => {
  expect(await nova(line, env)).toMatchObject({ code: 1, text: expect.stringContaining(said) });
});
