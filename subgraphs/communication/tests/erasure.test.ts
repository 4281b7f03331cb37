import { randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { UserDataErasedSchema } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import { PostLikedSchema, UserBlockedSchema, UserFollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64, type Person } from './_communication.ts';
import { type Notifications, startNotifications } from './_notifications.ts';

let it: Notifications;
beforeAll(async () => {
  it = await startNotifications();
});
afterAll(() => it?.stop());

const erase = ({ id }: Person) => it.publish('user', ErasureRequestedSchema, { key: id, userId: id });
const isErased = async ({ id }: Person) =>
  (await it.db.selectFrom('erased_users').select('user_id').where('user_id', '=', id).execute()).length === 1;

/** Tables with a row in which the text is found in any column, as text or as bytes. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r' order by 1`.execute(it.db);
  const found: string[] = [];
  const hex = Buffer.from(text).toString('hex');
  for (const { name } of tables) {
    const { rows } = await sql`
      select 1 from ${sql.table(name)} as row_of_it
      where strpos(to_jsonb(row_of_it)::text, ${text}) > 0 or strpos(to_jsonb(row_of_it)::text, ${hex}) > 0
      limit 1`.execute(it.db);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

const mutate = (person: Person, query: string, input: object) =>
  it.send(query, { as: person.as, variables: { input } }).then(({ errors }) => expect(errors).toEqual([]));

test('after an erasure nothing that the person said or did is left, and others keep what they said', async () => {
  const [gone, friend, third] = (await it.people(3)) as [Person, Person, Person];
  const secrets = {
    text: 'secret-said',
    mark: 'secret-client-id',
    token: 'secret-push-token',
    key: 'secret-identity-key',
  };
  const [pair, group] = [await it.start(gone, [friend]), await it.start(gone, [friend, third])];
  await it.say(gone, pair.id, { payload: base64(secrets.text), clientMessageId: secrets.mark });
  const ciphertexts = [gone, friend].map(({ id }) => ({
    recipientId: id,
    deviceId: 1,
    ciphertext: base64(secrets.text),
  }));
  await it.say(gone, group.id, { payload: undefined, ciphertexts });
  const forGone = [{ recipientId: gone.id, deviceId: 1, ciphertext: base64('said-to-who-is-gone') }];
  await it.say(friend, group.id, { payload: undefined, ciphertexts: forGone });
  const kept = await it.say(friend, pair.id, { payload: base64('said by a friend') });
  const prekey = base64(secrets.key);
  const upload = 'mutation ($input: UploadPrekeysInput!) { uploadPrekeys(input: $input) { prekeyCount } }';
  const signedPrekey = { id: 1, publicKey: prekey, signature: prekey };
  const oneTimePrekeys = [{ id: 1, publicKey: prekey }];
  await mutate(gone, upload, { deviceId: 1, registrationId: 1, identityKey: prekey, signedPrekey, oneTimePrekeys });
  const register =
    'mutation ($input: RegisterPushDeviceInput!) { registerPushDevice(input: $input) { device { id } } }';
  await mutate(gone, register, { platform: 'FCM', token: secrets.token });
  await it.prefer(gone, { kind: 'LIKE', inApp: true, push: true });
  const [postId, fan] = [randomUUID(), randomUUID()];
  await it.publish('social', PostLikedSchema, { key: fan, userId: fan, postId, postAuthorId: friend.id });
  await it.publish('social', PostLikedSchema, { key: gone.id, userId: gone.id, postId, postAuthorId: friend.id });
  await it.publish('social', UserFollowedSchema, { key: friend.id, followerId: friend.id, followeeId: gone.id });
  await it.publish('social', UserBlockedSchema, { key: gone.id, blockerId: gone.id, blockedId: fan });
  const before = async () => [(await it.told(friend)).unread, (await it.told(gone)).nodes.length];
  await expect.poll(before).toEqual([3, 3]);
  await it.handled(gone.id);
  expect((await tablesWith(gone.id)).length).toBeGreaterThan(5);
  for (const text of Object.values(secrets)) expect([text, await tablesWith(text)]).not.toEqual([text, []]);

  await erase(gone);
  await expect.poll(() => isErased(gone)).toBe(true);
  // What tells others of the erasure leaves by the relay.
  await expect.poll(() => tablesWith(gone.id)).toEqual(['erased_users']);
  for (const text of [...Object.values(secrets), 'said-to-who-is-gone'])
    expect([text, await tablesWith(text)]).toEqual([text, []]);

  const query = `{ viewerConversations { nodes { id participants { user { id } isDeleted } messages { nodes { id } } } }
    viewerNotifications { nodes { kind count actors { id } } } }`;
  const { data } = await it.send(query, { as: friend.as });
  const conversations = new Map(data.viewerConversations.nodes.map((node: { id: string }) => [node.id, node]));
  expect(conversations.get(pair.id)).toMatchObject({ messages: { nodes: [{ id: kept.id }] } });
  expect((conversations.get(group.id) as { participants: unknown[] }).participants).toContainEqual({
    user: null,
    isDeleted: true,
  });
  expect(data.viewerNotifications.nodes).toEqual([{ kind: 'LIKE', count: 1, actors: [{ id: fan }] }]);
  expect((await it.say(friend, group.id)).errors).toEqual([]);
  expect((await it.say(friend, pair.id)).errors[0]?.extensions.code).toBe('USER_UNREACHABLE');
});

test('an erasure is told once for each request, and a late event brings nothing back', async () => {
  const [gone, friend] = (await it.people(2)) as [Person, Person];
  const told = async () => {
    const { rows } = await sql<{ value: Buffer }>`
      select payload as value from outbox_events where type = 'communication.user_data_erased' and key = ${gone.id}`.execute(
      it.db,
    );
    return rows.map(({ value }) => fromBinary(UserDataErasedSchema, value).userId);
  };
  // Kept in the outbox, so that it can be looked at.
  await sql`create function keep() returns trigger language plpgsql as 'begin return null; end'`.execute(it.db);
  await sql`create trigger keep before delete on outbox_events for each row execute function keep()`.execute(it.db);
  await erase(gone);
  await expect.poll(told).toEqual([gone.id]);
  await sql`drop trigger keep on outbox_events`.execute(it.db);
  await it.publish('social', UserFollowedSchema, { key: gone.id, followerId: gone.id, followeeId: friend.id });
  await it.publish('social', UserBlockedSchema, { key: gone.id, blockerId: gone.id, blockedId: friend.id });
  await it.handled(gone.id);
  expect((await it.told(friend)).nodes).toEqual([]);
  await expect.poll(() => tablesWith(gone.id)).toEqual(['erased_users']);
  const { errors } = await it.start(friend, [gone]);
  // The second when identity, which erases at the same time, was faster.
  expect(['ACCOUNT_INACTIVE', 'NOT_FOUND']).toContain(errors[0]?.extensions.code);
});

test('a message that is under way while its sender is erased is erased too, or was never sent', async () => {
  const [gone, friend] = (await it.people(2)) as [Person, Person];
  const { id } = await it.start(gone, [friend]);
  const saying = Array.from({ length: 20 }, (_, at) =>
    it.say(gone, id, { payload: base64(`late-words-${at}-of-${gone.id}`) }),
  );
  await erase(gone);
  await Promise.all(saying);
  await expect.poll(() => isErased(gone)).toBe(true);
  await expect.poll(() => tablesWith(gone.id)).toEqual(['erased_users']);
});
