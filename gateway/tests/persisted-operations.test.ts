import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, manifestOf, startWorld, type World } from './_world.ts';

const userName = 'query UserName($id: ID!) { user(id: $id) { username } }';
const twoNames = 'query One { user(id: "u1") { username } } query Two { user(id: "u2") { username } }';
const manifest = manifestOf([
  ['UserName', userName],
  ['TwoNames', twoNames],
]);
const id = idOf(userName);
const variables = { id: 'u1' };
const ada = { data: { user: { username: 'ada' } } };
const text = '{ user(id: "u1") { username } }';

describe.each(['open', 'known-or-trusted-client', 'id-only'] as const)('under the policy %s', (policy) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ PERSISTED_POLICY: policy }, { manifest });
  });
  afterAll(() => world.stop());
  const verdict = (name: string) => world.series('persisted_query_requests_total', { verdict: name });

  test.each([
    ['documentId', { documentId: id, variables }],
    ['documentId with its algorithm', { documentId: `sha256:${id}`, variables }],
    ['documentId in capitals', { documentId: id.toUpperCase(), variables }],
    ['extensions.persistedQuery', { extensions: { persistedQuery: { version: 1, sha256Hash: id } }, variables }],
    ['both', { documentId: id, extensions: { persistedQuery: { sha256Hash: `sha256:${id}` } }, variables }],
    ['an id beside its own text', { documentId: id, query: userName, variables }],
    ['an operationName as well', { documentId: idOf(twoNames), operationName: 'One' }],
  ])('an operation of the manifest is served by %s', async (_form, body) => {
    const before = await verdict('id');
    const answer = await world.post(body);
    expect([answer.status, answer.body]).toEqual([200, ada]);
    expect(await verdict('id')).toBe(before + 1);
  });

  test('a query of the manifest is served by GET, in both forms', async () => {
    const headers = { 'apollo-require-preflight': '1' };
    const given = `variables=${encodeURIComponent(JSON.stringify(variables))}`;
    const extensions = encodeURIComponent(JSON.stringify({ persistedQuery: { version: 1, sha256Hash: id } }));
    for (const form of [`documentId=sha256:${id}`, `extensions=${extensions}`]) {
      const { status, body } = await world.get(`/graphql?${form}&${given}`, headers);
      expect([status, body]).toEqual([200, ada]);
    }
  });

  test('an id that the manifest does not have is not found', async () => {
    const before = await verdict('unknown-id');
    const { status, refusal } = await world.post({ documentId: idOf('{ other }') });
    expect([status, refusal.code]).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND']);
    expect(await verdict('unknown-id')).toBe(before + 1);
  });

  test.each([
    ['an id with another text', { documentId: id, query: text }],
    ['two different ids', { documentId: id, extensions: { persistedQuery: { sha256Hash: idOf(twoNames) } } }],
    ['an id that is a number', { documentId: 7 }],
    ['a hash that is a list', { extensions: { persistedQuery: { sha256Hash: [id] } } }],
    ['a persistedQuery that is text', { extensions: { persistedQuery: id } }],
  ])('%s is a bad request', async (_what, body) => {
    const { status, refusal } = await world.post(body);
    expect([status, refusal.code]).toEqual([400, 'BAD_REQUEST']);
  });

  test('an operation of the manifest keeps to the limits and to its variables like any other', async () => {
    const { status, refusal } = await world.post({ documentId: id });
    expect([status, refusal.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  if (policy === 'open') {
    test('a text is served, with its id or without', async () => {
      for (const body of [{ query: text }, { query: text, documentId: idOf(text) }])
        expect((await world.post(body)).body).toEqual(ada);
    });
  } else {
    const knownText: Array<[string, object]> = [
      ['the very text of an operation of the manifest', { query: userName, variables }],
    ];
    test.each<[what: string, body: object]>([
      ['a text', { query: text }],
      ...(policy === 'id-only' ? knownText : []),
      ['a text that is not even GraphQL', { query: '}{' }],
    ])('%s is refused and never parsed', async (_what, body) => {
      const before = await verdict('text-refused');
      const { status, refusal } = await world.post(body);
      expect([status, refusal.code]).toEqual([403, 'PERSISTED_QUERY_REQUIRED']);
      expect(await verdict('text-refused')).toBe(before + 1);
    });

    test('a text with its own id does not slip through', async () => {
      const { status, refusal } = await world.post({ query: '}{', documentId: idOf('}{') });
      expect([status, refusal.code]).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND']);
    });
  }
});

test('a new manifest is served without a restart, and a bad one never replaces a good one', async () => {
  const world = await startWorld({ PERSISTED_POLICY: 'id-only' }, { manifest });
  try {
    const bio = 'query Bio { user(id: "u1") { bio } }';
    await writeFile(world.manifestFile, manifest.replace('UserName($id', 'UserName($other'));
    await expect.poll(() => world.series('persisted_manifest_reload_total', { result: 'rejected' })).toBe(1);
    expect((await world.post({ documentId: id, variables })).body).toEqual(ada);
    await writeFile(world.manifestFile, manifestOf([['Bio', bio]]));
    await expect.poll(async () => (await world.post({ documentId: idOf(bio) })).status).toBe(200);
    expect((await world.post({ documentId: id, variables })).status).toBe(404);
  } finally {
    await world.stop();
  }
});

test('a trusted client may send texts where others may send what the manifest has; a key is not told by its name', async () => {
  const key = 'correct horse battery staple';
  const world = await startWorld(
    { PERSISTED_POLICY: 'known-or-trusted-client', TRUSTED_CLIENTS: `explorer=${idOf(key)}` },
    { manifest },
  );
  try {
    const ask = (body: object, headers = {}) => world.post(body, headers);
    expect((await ask({ query: text }, { 'x-nova-client-key': key })).body).toEqual(ada);
    expect(world.logLines.at(-1)).toMatchObject({ msg: 'request', trustedAs: 'explorer', foundBy: 'text' });
    expect(JSON.stringify(world.logLines)).not.toContain(key);
    for (const wrong of [idOf(key), 'explorer', ''])
      expect((await ask({ query: text }, { 'x-nova-client-key': wrong })).refusal.code).toBe(
        'PERSISTED_QUERY_REQUIRED',
      );
    expect((await ask({ query: userName, variables })).body).toEqual(ada);
    expect(await world.series('persisted_query_requests_total', { verdict: 'known-text' })).toBe(1);
  } finally {
    await world.stop();
  }
});

test('a client may send a text once with its hash and then the hash alone, where texts may be sent', async () => {
  const world = await startWorld({ PERSISTED_POLICY: 'open' }, { manifest });
  try {
    const persistedQuery = { version: 1, sha256Hash: idOf(text) };
    const byHash = { extensions: { persistedQuery } };
    const first = await world.post(byHash);
    expect([first.status, first.refusal.code]).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND']);
    expect((await world.post({ ...byHash, query: text })).body).toEqual(ada);
    expect((await world.post(byHash)).body).toEqual(ada);
    expect(await world.series('persisted_query_requests_total', { verdict: 'apq' })).toBe(1);
    expect((await world.post({ query: '{ other }', ...byHash })).refusal.code).toBe('BAD_REQUEST');
  } finally {
    await world.stop();
  }
});

test('texts that clients send with their hash never take more memory than they may', async () => {
  const world = await startWorld({ PERSISTED_POLICY: 'open', APQ_CACHE_BYTES: '2000' });
  try {
    const textOf = (at: number) => `query Q${at} { user(id: "u1") { username } }`;
    for (let at = 0; at < 30; at += 1) await world.post({ query: textOf(at), documentId: idOf(textOf(at)) });
    expect((await world.post({ documentId: idOf(textOf(29)) })).status).toBe(200);
    expect((await world.post({ documentId: idOf(textOf(0)) })).status).toBe(404);
  } finally {
    await world.stop();
  }
});

test('operations of every manifest are served together, so that old versions of a client go on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nova-manifests-'));
  const [older, newer] = ['older.json', 'newer.json'].map((name) => join(directory, name)) as [string, string];
  await writeFile(older, manifest);
  await writeFile(newer, manifestOf([['Bio', 'query Bio { user(id: "u1") { bio } }']]));
  const world = await startWorld({ PERSISTED_POLICY: 'id-only', PERSISTED_MANIFEST_FILES: `${older},${newer}` });
  const bio = (name: string) => world.post({ documentId: idOf(`query ${name} { user(id: "u1") { bio } }`) });
  try {
    expect((await world.post({ documentId: id, variables })).body).toEqual(ada);
    expect((await bio('Bio')).status).toBe(200);
    await writeFile(newer, manifestOf([['Bio2', 'query Bio2 { user(id: "u1") { bio } }']]));
    await expect.poll(async () => (await bio('Bio2')).status).toBe(200);
    expect((await bio('Bio')).status).toBe(404);
    expect((await world.post({ documentId: id, variables })).body).toEqual(ada);
  } finally {
    await world.stop();
    await rm(directory, { recursive: true });
  }
});

test('before a policy is tightened, each text that no manifest has is logged with its operation and client', async () => {
  const world = await startWorld({ PERSISTED_POLICY: 'open', PERSISTED_MEASURE: 'true' }, { manifest });
  try {
    const measured = () => world.logLines.filter(({ msg }) => msg === 'a document was served that no manifest has');
    const client = { 'apollographql-client-name': 'phone', 'apollographql-client-version': '7' };
    const query = 'query Mine { user(id: "u1") { username } }';
    for (let turn = 0; turn < 3; turn += 1) await world.post({ query }, client);
    await world.post({ query }, { ...client, 'apollographql-client-version': '8' });
    for (const known of [
      { documentId: id, variables },
      { query: userName, variables },
    ])
      await world.post(known, client);
    await expect.poll(measured).toHaveLength(2);
    const line = { documentHash: idOf(query), operationName: 'Mine', clientName: 'phone' };
    expect(measured()).toEqual(['7', '8'].map((clientVersion) => expect.objectContaining({ ...line, clientVersion })));
  } finally {
    await world.stop();
  }
});

test('each unknown id is logged once for every client, and counted by the clients that are known', async () => {
  const key = 'correct horse battery staple';
  const { operations, ...format } = JSON.parse(manifest);
  const ofPhone = operations.map((operation: object) => ({ ...operation, clientName: 'phone' }));
  const world = await startWorld(
    { PERSISTED_POLICY: 'id-only', TRUSTED_CLIENTS: `explorer=${idOf(key)}` },
    { manifest: JSON.stringify({ ...format, operations: ofPhone }) },
  );
  try {
    const logged = () => world.logLines.filter(({ msg }) => msg === 'a client asked for an id that no manifest has');
    const count = (client: string) => world.series('persisted_query_unknown_ids_total', { client });
    const ask = (documentId: string, name: string) =>
      world.post({ documentId }, { 'apollographql-client-name': name, 'apollographql-client-version': '7' });
    const unknown = idOf('{ other }');
    for (const name of ['phone', 'phone', 'explorer', 'made-up']) await ask(unknown, name);
    await ask('x'.repeat(500), 'phone');
    await world.post({ documentId: id, variables }, { 'apollographql-client-name': 'phone' });
    await expect.poll(() => Promise.all(['phone', 'explorer', 'other'].map(count))).toEqual([3, 1, 1]);
    expect(await count('made-up')).toBe(0);
    expect(logged().map(({ documentId, clientName }) => [documentId, clientName])).toEqual([
      [unknown, 'phone'],
      [unknown, 'explorer'],
      [unknown, 'made-up'],
      ['x'.repeat(100), 'phone'],
    ]);
    expect(logged()[0]).toMatchObject({ level: 'warn', clientVersion: '7', correlationId: expect.any(String) });
  } finally {
    await world.stop();
  }
});
