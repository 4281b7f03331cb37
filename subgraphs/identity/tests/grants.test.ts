import { randomBytes, randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { PermissionGrantedSchema, PermissionRevokedSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import { headerNames, type Identity } from '@nova/runtime';
import { userIdentity } from '@nova/testkit';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { permissionsOf } from '../src/accounts/permission-policy.ts';
import { codesOf, type IdentityUnderTest, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const operatorId = randomUUID();
const operator = userIdentity(operatorId, permissionsOf(['operator']));
const access = 'access { user { id } roles grants permissions }';

function change(field: 'grantPermission' | 'revokePermission') {
  const type = field === 'grantPermission' ? 'GrantPermissionInput' : 'RevokePermissionInput';
  return (input: { userId: string; permission: string }, as: Identity = operator, key?: string) =>
    identity.send(`mutation ($input: ${type}!) { ${field}(input: $input) { ${access} } }`, {
      as,
      variables: { input },
      headers: key ? { [headerNames.idempotencyKey]: key } : {},
    });
}
const grant = change('grantPermission');
const revoke = change('revokePermission');

const check = (userId: string, permission: string, as: Identity) =>
  identity.call((client, options) => client.checkPermission({ userId, permission }, options), as);
const permissionsFor = (userId: string, as: Identity) =>
  identity.call((client, options) => client.getUserPermissions({ userId }, options), as);

async function changesOf(accountId: string) {
  const { rows } = await sql<{ type: string; payload: Buffer }>`
    select type, payload from outbox_events where key = ${accountId} and type like 'identity.permission%' order by id`.execute(
    identity.db,
  );
  return rows.map(({ type, payload }) =>
    type === 'identity.permission_granted'
      ? fromBinary(PermissionGrantedSchema, payload)
      : fromBinary(PermissionRevokedSchema, payload),
  );
}

test('what an operator grants is in the next access token, and gone from the one after it is taken back', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const input = { userId: account.id, permission: 'delete:comment' };
  const everybodys = [...permissionsOf([])];
  expect((await grant(input)).data.grantPermission.access).toEqual({
    user: { id: account.id },
    roles: [],
    grants: ['delete:comment'],
    permissions: [...everybodys, 'delete:comment'],
  });
  const first = (await identity.refresh({ refreshToken })).data.refreshSession;
  expect(decodeJwt(first.accessToken).permissions).toEqual([...everybodys, 'delete:comment']);
  expect((await revoke(input)).data.revokePermission.access).toMatchObject({ grants: [], permissions: everybodys });
  const second = (await identity.refresh({ refreshToken: first.refreshToken })).data.refreshSession;
  expect(decodeJwt(second.accessToken).permissions).toEqual(everybodys);
});

test('a grant made twice is one grant and one event, and so is its end', async () => {
  const { account } = await identity.newAccount();
  const input = { userId: account.id, permission: 'delete:post' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => grant(input)));
  expect(answers.flatMap(codesOf)).toEqual([]);
  await Promise.all(Array.from({ length: 8 }, () => revoke(input)));
  expect(await changesOf(account.id)).toMatchObject([
    { accountId: account.id, permission: 'delete:post', grantedBy: operatorId },
    { accountId: account.id, permission: 'delete:post', revokedBy: operatorId },
  ]);
});

test('a repeat of a grant that was taken back meanwhile does not grant again', async () => {
  const { account } = await identity.newAccount();
  const input = { userId: account.id, permission: 'delete:post' };
  const key = `${randomBytes(32).toString('hex')}:${'0'.repeat(64)}`;
  await grant(input, operator, key);
  await revoke(input);
  expect((await grant(input, operator, key)).data.grantPermission.access.grants).toEqual([]);
});

test('only who may grant permissions does, and only who may read accounts sees them', async () => {
  const { account } = await identity.newAccount();
  const input = { userId: account.id, permission: 'grant:permissions' };
  for (const as of [userIdentity(account.id), userIdentity(randomUUID(), permissionsOf(['moderator']))]) {
    expect(codesOf(await grant(input, as))).toEqual(['FORBIDDEN']);
    expect(codesOf(await revoke(input, as))).toEqual(['FORBIDDEN']);
    const seen = await identity.send('query ($id: ID!) { accountAccess(userId: $id) { permissions } }', {
      as,
      variables: { id: account.id },
    });
    expect(codesOf(seen)).toEqual(['FORBIDDEN']);
  }
  const seen = await identity.send('query ($id: ID!) { accountAccess(userId: $id) { permissions } }', {
    as: operator,
    variables: { id: account.id },
  });
  expect(seen.data.accountAccess.permissions).toEqual([...permissionsOf([])]);
});

test('a permission or an account that does not exist is said', async () => {
  const { account } = await identity.newAccount();
  expect(codesOf(await grant({ userId: account.id, permission: 'delete:everything' }))).toEqual(['BAD_USER_INPUT']);
  for (const userId of [randomUUID(), 'no uuid'])
    expect(codesOf(await grant({ userId, permission: 'delete:post' }))).toEqual(['NOT_FOUND']);
});

test('other services learn what an account may do from its roles and its grants', async () => {
  const { account } = await identity.newAccount();
  await identity.db
    .updateTable('accounts')
    .set({ roles: ['moderator'] })
    .where('id', '=', account.id)
    .execute();
  await grant({ userId: account.id, permission: 'read:accounts' });
  const self = userIdentity(account.id);
  expect(await permissionsFor(account.id, self)).toMatchObject({
    roles: ['moderator'],
    permissions: [...permissionsOf(['moderator']), 'read:accounts'],
  });
  for (const permission of ['delete:post', 'read:accounts', 'write:posts'])
    expect(await check(account.id, permission, operator)).toMatchObject({ allowed: true });
  for (const permission of ['grant:permissions', 'no:such'])
    expect(await check(account.id, permission, operator)).toMatchObject({ allowed: false });
});

test('an account that is not active may do nothing, and one that does not exist neither', async () => {
  const { account } = await identity.newAccount();
  await identity.db.updateTable('accounts').set({ is_active: false }).where('id', '=', account.id).execute();
  expect(await check(account.id, 'write:posts', operator)).toMatchObject({ allowed: false });
  expect((await permissionsFor(account.id, operator)).permissions).toEqual([]);
  expect(await check(randomUUID(), 'write:posts', operator)).toMatchObject({ allowed: false });
  await expect(permissionsFor(randomUUID(), operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('what others may do is told to who may read accounts only, whether they exist or not', async () => {
  const { account } = await identity.newAccount();
  const stranger = userIdentity(randomUUID());
  for (const id of [account.id, randomUUID()]) {
    await expect(check(id, 'write:posts', stranger)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(permissionsFor(id, stranger)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
});
