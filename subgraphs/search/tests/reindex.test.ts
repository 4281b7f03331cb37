import { randomUUID } from 'node:crypto';
import { runNova } from '@nova/cli';
import { SearchService } from '@nova/proto/nova/search/v1/search_service_pb.js';
import { startDeadline } from '@nova/resilience';
import { callOptions, createCallTally, createRpcClient } from '@nova/rpc';
import { anonymous, type Identity } from '@nova/runtime';
import { userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { idsOf, type SearchUnderTest, startSearch } from './_search.ts';

let search: SearchUnderTest;
let client: ReturnType<typeof createRpcClient<typeof SearchService>>;
beforeAll(async () => {
  search = await startSearch();
  client = createRpcClient(SearchService, { address: search.service.grpcAddress });
});
afterEach(() => {
  search.owners.onStream = async () => undefined;
  search.owners.away.clear();
});
afterAll(async () => {
  client?.stop();
  await search?.stop();
});

const operator = userIdentity(randomUUID(), ['reindex:search']);
const found = async (query: string) => idsOf(await search.find({ query, first: 100 }));

type Progress = { users: bigint; posts: bigint; isDone: boolean };

async function reindex(as: Identity = operator, signal?: AbortSignal): Promise<Progress[]> {
  const deadline = startDeadline(60_000, signal);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const origin = { correlationId: 'a-reindex', traceparent, deadline, tally: createCallTally(undefined) };
  const identityToken = await search.keys.sign(as);
  const steps: Progress[] = [];
  try {
    const options = callOptions({ ...origin, identityToken }, { maxMs: 60_000 });
    for await (const step of client.calls.reindex({}, options)) steps.push(step);
  } finally {
    deadline.clear();
  }
  return steps;
}

/** Holds the first stream of the next rebuild at its first message until it is let go. */
function holdStream() {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  search.owners.onStream = async () => {
    search.owners.onStream = async () => undefined;
    reached.resolve();
    await goOn.promise;
  };
  return { reached: reached.promise, release: () => goOn.resolve() };
}

async function leftovers(): Promise<number> {
  const { rows } = await sql<{ tables: number }>`
    select count(*)::int + (select count(*)::int from reindexes) as tables
    from pg_tables where schemaname = 'search' and tablename like '%_next'`.execute(search.db);
  return rows[0]?.tables ?? -1;
}

test('an index that lost its rows is as it was after a rebuild, and only what is public is in it', async () => {
  const people = await Promise.all(
    Array.from({ length: 230 }, (_, n) => search.person({ username: `anemone_${n}`, displayName: 'Anemone' })),
  );
  const post = await search.post('Anemone at the coast');
  const hidden = randomUUID();
  search.owners.profiles.set(hidden, { username: 'anemone_hidden', isDiscoverable: false });
  search.owners.posts.set(randomUUID(), { authorId: hidden, body: 'Anemone for followers', isPublic: false });
  await search.settled();
  const before = await found('anemone');
  await sql`truncate user_documents, post_documents`.execute(search.db);
  await sql`insert into post_documents values
    (${randomUUID()}, ${randomUUID()}, 'Anemone that nobody wrote', now(), 'anemone', 'anemone:1')`.execute(search.db);
  const steps = await reindex();
  expect(steps.at(-1)).toMatchObject({ users: 230n, posts: 1n, isDone: true });
  expect(steps.length).toBeGreaterThan(3);
  expect(await found('anemone')).toEqual(before);
  expect((await found('anemone at'))[0]).toBe(post);
  expect(before).toHaveLength(100);
  expect(await found('anemone_hidden')).not.toContain(hidden);
  expect(people).toHaveLength(230);
  expect(await leftovers()).toBe(0);
});

test('what happens while an index is built is in it when it serves', async () => {
  const edited = await search.post('Barnacle, first draft');
  const deleted = await search.post('Barnacle to be deleted');
  const [author, person] = [randomUUID(), await search.person({ username: 'barnacle_1' })];
  const erased = await search.person({ username: 'barnacle_2' });
  const ofErased = await search.post('Barnacle of somebody', { authorId: erased });
  await search.settled();
  // Each stream is told of the old state first, and goes on only after the events of the new one had their effect.
  const first = holdStream();
  const running = reindex();
  await first.reached;
  const created = await search.post('Barnacle, brand new', { authorId: author });
  await search.editPost(edited, { body: 'Barnacle, second draft' });
  await search.settled();
  const stale = { ...search.owners.posts.get(edited), body: 'Barnacle, first draft', authorId: author };
  const current = search.owners.posts.get(edited);
  search.owners.posts.set(edited, stale);
  await search.deletePost(deleted);
  search.owners.profiles.delete(person);
  await search.tellOfUser(person);
  await search.erase(erased);
  await search.settled();
  search.owners.posts.set(deleted, { authorId: author, body: 'Barnacle to be deleted' });
  search.owners.profiles.set(person, { username: 'barnacle_1' });
  first.release();
  expect((await running).at(-1)?.isDone).toBe(true);
  if (current) search.owners.posts.set(edited, current);
  expect(new Set(await found('barnacle'))).toEqual(new Set([edited, created]));
  expect(await found('barnacle second')).toEqual([edited]);
  expect(await found('barnacle_2')).not.toContain(erased);
  expect(await found('barnacle somebody')).not.toContain(ofErased);
  const later = await search.post('Barnacle after the swap');
  await search.settled();
  expect(await found('barnacle after')).toEqual([later]);
});

test('a second rebuild at the same time is refused, and the first goes on', async () => {
  const held = holdStream();
  const first = reindex();
  await held.reached;
  await expect(reindex()).rejects.toMatchObject({ code: 'CONFLICT' });
  held.release();
  expect((await first).at(-1)?.isDone).toBe(true);
});

test('only operators rebuild the index', async () => {
  await expect(reindex(userIdentity(randomUUID()))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(reindex(anonymous)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a rebuild that is given up leaves the serving index and nothing beside it, and the next one runs', async () => {
  const id = await search.post('Cormorant on a rock');
  await search.settled();
  const held = holdStream();
  const stop = new AbortController();
  const ended = expect(reindex(operator, stop.signal)).rejects.toThrow();
  await held.reached;
  stop.abort(new Error('The operator pressed Ctrl-C.'));
  await ended;
  held.release();
  await expect.poll(leftovers).toBe(0);
  expect(await found('cormorant')).toEqual([id]);
  await expect.poll(async () => (await reindex().catch(() => [])).at(-1)?.isDone).toBe(true);
  expect(await found('cormorant')).toEqual([id]);
});

test('a rebuild whose session dies leaves the serving index, and the next one clears what it left', async () => {
  const id = await search.post('Dotterel in the grass');
  await search.settled();
  const held = holdStream();
  const ended = expect(reindex()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await held.reached;
  await asAdmin(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nova-search-reindex'`,
  );
  await ended;
  held.release();
  expect(await leftovers()).toBeGreaterThan(0);
  expect(await found('dotterel')).toEqual([id]);
  expect((await reindex()).at(-1)?.isDone).toBe(true);
  expect(await leftovers()).toBe(0);
  expect(await found('dotterel')).toEqual([id]);
});

test('a stream that breaks off is taken up where it ended', async () => {
  const before = (await reindex()).at(-1);
  let messages = 0;
  search.owners.onStream = async () => {
    messages += 1;
    if (messages === 2) search.owners.away.add('user');
    else search.owners.away.delete('user');
  };
  expect((await reindex()).at(-1)).toEqual(before);
  expect(messages).toBeGreaterThan(3);
});

test('an owner that stays away ends the rebuild with an error that may pass', async () => {
  search.owners.away.add('content');
  await expect(reindex()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await expect.poll(leftovers).toBe(0);
});

test('the command of operators rebuilds it, and says in a sentence what kept it from doing so', async () => {
  const id = await search.post('Eiderdown');
  await search.settled();
  await sql`truncate post_documents`.execute(search.db);
  const run = async (env: NodeJS.ProcessEnv, ...more: string[]) => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    return { code: await runNova(['search', 'reindex', ...more], { log: print, error: print }, env), lines };
  };
  const env = {
    APP_ENV: 'test',
    SEARCH_GRPC_URL: search.service.grpcAddress,
    SERVICE_KEY_FILE: search.keys.serviceKeyFile,
  };
  expect(await run(env)).toMatchObject({ code: 0, lines: [expect.stringMatching(/serves: \d+ people, \d+ posts\.$/)] });
  expect(await found('eiderdown')).toEqual([id]);
  const held = holdStream();
  const first = reindex();
  await held.reached;
  expect(await run(env)).toEqual({ code: 1, lines: ['The index is being built already. (CONFLICT)'] });
  held.release();
  await first;
  const stranger = { ...env, SERVICE_KEY_FILE: search.keys.identityPrivateKeyFile };
  expect(await run(stranger)).toMatchObject({ code: 1, lines: [expect.stringContaining('UNAUTHENTICATED')] });
  expect(await run({ APP_ENV: 'test' })).toMatchObject({
    code: 1,
    lines: [expect.stringContaining('SERVICE_KEY_FILE')],
  });
  expect((await run(env, '--quickly')).code).toBe(2);
});

async function asAdmin(text: string): Promise<void> {
  const admin = new pg.Client({ connectionString: search.adminUrl });
  await admin.connect();
  await admin.query(text);
  await admin.end();
}
