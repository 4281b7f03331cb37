import { anonymous, type Identity } from '@nova/runtime';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProfileVisibility } from '../src/profiles/profile.ts';
import { startUser, type UserUnderTest } from './user-under-test.ts';

let user: UserUnderTest;
beforeAll(async () => {
  user = await startUser();
});
afterAll(() => user?.stopAll());

const fields = 'profileVisibility isDiscoverable language timeZone';

function update(as: Identity, input: object, headers: Record<string, string> = {}) {
  const query = `mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { settings { ${fields} } } }`;
  return user.send(query, { as, variables: { input }, headers });
}

async function viewerSettings(as: Identity) {
  return (await user.send(`{ viewerSettings { ${fields} } }`, { as })).data.viewerSettings;
}

/** How often the profile was announced as changed. */
async function announcements(id: string): Promise<number> {
  const { rows } = await sql<{ type: string }>`select type from outbox_events where key = ${id}`.execute(user.db);
  return rows.length;
}

test('who never set anything shows everything, is found, and has no language', async () => {
  const as = userIdentity(user.addAccount('rosalind'));
  expect(await viewerSettings(as)).toEqual({
    profileVisibility: 'EVERYONE',
    isDiscoverable: true,
    language: null,
    timeZone: null,
  });
});

test('what an update of settings leaves out stays; languages and zones are stored in their standard form; null clears', async () => {
  const id = user.addAccount('barbara');
  const as = userIdentity(id);
  const { data } = await update(as, { isDiscoverable: false, language: 'EN-gb', timeZone: 'europe/berlin' });
  const expected = {
    profileVisibility: 'EVERYONE',
    isDiscoverable: false,
    language: 'en-GB',
    timeZone: 'Europe/Berlin',
  };
  expect(data.updateSettings.settings).toEqual(expected);
  await update(as, { profileVisibility: 'FOLLOWERS', timeZone: null });
  expect(await viewerSettings(as)).toEqual({ ...expected, profileVisibility: 'FOLLOWERS', timeZone: null });
});

test('what others see of a profile is announced when it changes, and only then', async () => {
  const id = user.addAccount('maria');
  const as = userIdentity(id);
  await update(as, { language: 'fr' });
  await update(as, { profileVisibility: 'EVERYONE' });
  expect(await announcements(id)).toBe(0);
  await update(as, { profileVisibility: 'ONLY_ME' });
  await update(as, { isDiscoverable: false });
  expect(await announcements(id)).toBe(2);
});

test.each([
  ['language', 'not a language'],
  ['language', `en-${'x'.repeat(40)}`],
  ['timeZone', 'Europe/Atlantis'],
  ['timeZone', '+01:00'],
])('a %s of %j is refused by name', async (field, value) => {
  const as = userIdentity(user.addAccount(`u_${Math.random().toString(36).slice(2, 10)}`));
  const answer = await update(as, { [field]: value });
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

test('only who is signed in has settings', async () => {
  for (const query of [
    '{ viewerSettings { language } }',
    '{ viewerStorage { usedBytes } }',
    '{ exportMyData { exportedAt } }',
  ]) {
    expect((await user.send(query)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  }
  expect((await update(anonymous, { language: 'fr' })).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

async function insertProfile(visibility: ProfileVisibility): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into profiles (id, username, display_name, bio, location, joined_at, visibility)
    values (uuidv7(), 'u' || left(replace(gen_random_uuid()::text, '-', ''), 16), 'Somebody', 'Maize.', 'Ithaca', now(), ${visibility})
    returning id`.execute(user.db);
  return rows[0]?.id as string;
}

const shown = { bio: 'Maize.', location: 'Ithaca' };
const hidden = { bio: null, location: null };

test.each([
  ['EVERYONE', { stranger: shown, follower: shown, anonymous: shown }],
  ['FOLLOWERS', { stranger: hidden, follower: shown, anonymous: hidden }],
  ['ONLY_ME', { stranger: hidden, follower: hidden, anonymous: hidden }],
] as const)('%s sees bio and location, and their owner always', async (visibility, expected) => {
  const id = await insertProfile(visibility);
  const [stranger, follower] = [user.addAccount('stranger'), user.addAccount('follower')];
  user.follow(follower, id);
  // Who is followed by the owner is not thereby a follower.
  user.follow(id, stranger);
  const read = async (as: Identity) =>
    (await user.send('query ($id: ID!) { user(id: $id) { bio location } }', { as, variables: { id } })).data.user;
  expect(await read(userIdentity(id))).toEqual(shown);
  expect(await read(userIdentity(stranger))).toEqual(expected.stranger);
  expect(await read(userIdentity(follower))).toEqual(expected.follower);
  expect(await read(anonymous)).toEqual(expected.anonymous);
});

const references = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { bio location } }
}`;

test.each([10, 50])('who of %i profiles is followed costs one call to social and no statement', async (count) => {
  const viewer = user.addAccount('viewer');
  const ids = await Promise.all(Array.from({ length: count }, () => insertProfile('FOLLOWERS')));
  user.follow(viewer, ids[3] as string);
  user.relationCalls.length = 0;
  const representations = ids.map((id) => ({ __typename: 'User', id }));
  const statements = await statementsDuring(async () => {
    const { data } = await user.send(references, { as: userIdentity(viewer), variables: { representations } });
    expect(data._entities).toEqual(ids.map((_id, index) => (index === 3 ? shown : hidden)));
  });
  expect(user.relationCalls).toEqual([expect.toSatisfy((asked: string[]) => asked.length === count)]);
  expect(statements).toHaveLength(1);
});

test('an answer that depends on who asks is kept by no cache, another by all', async () => {
  const keptAs = async (visibility: ProfileVisibility, as: Identity) => {
    const variables = { representations: [{ __typename: 'User', id: await insertProfile(visibility) }] };
    const response = await fetch(user.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-nova-identity': await user.keys.sign(as) },
      body: JSON.stringify({ query: references, variables }),
    });
    await response.json();
    return response.headers.get('cache-control');
  };
  expect(await keptAs('EVERYONE', anonymous)).toBe('max-age=60, public');
  for (const visibility of ['FOLLOWERS', 'ONLY_ME'] as const) {
    expect(await keptAs(visibility, anonymous)).toBe('no-store');
    expect(await keptAs(visibility, userIdentity(user.addAccount('keeper')))).toBe('no-store');
  }
});

test('the export has what user keeps of who asks, their own bio included', async () => {
  const id = user.addAccount('lise');
  const as = userIdentity(id);
  await user.send('mutation { updateProfile(input: { bio: "Fission." }) { user { id } } }', { as });
  await update(as, { profileVisibility: 'ONLY_ME', language: 'de-AT' });
  const { data, errors } = await user.send(
    `{ exportMyData { exportedAt profile { id username bio } settings { ${fields} } storage { usedBytes limitBytes } erasure { id } } }`,
    { as },
  );
  expect(errors).toEqual([]);
  expect(data.exportMyData).toEqual({
    exportedAt: expect.any(String),
    profile: { id, username: 'lise', bio: 'Fission.' },
    settings: { profileVisibility: 'ONLY_ME', isDiscoverable: true, language: 'de-AT', timeZone: null },
    storage: { usedBytes: 0, limitBytes: 1_073_741_824 },
    erasure: null,
  });
});

test('while social is away, what followers see nobody sees but the owner, and the rest is answered', async () => {
  const viewer = user.addAccount('waiting');
  const [forFollowers, forAll] = [await insertProfile('FOLLOWERS'), await insertProfile('EVERYONE')];
  user.follow(viewer, forFollowers);
  await user.stopSocial();
  const representations = [forFollowers, forAll].map((id) => ({ __typename: 'User', id }));
  const ask = async (as: Identity) => user.send(references, { as, variables: { representations } });
  expect(await ask(userIdentity(viewer))).toMatchObject({ data: { _entities: [hidden, shown] }, errors: [] });
  expect((await ask(userIdentity(forFollowers))).data._entities).toEqual([shown, shown]);
});
