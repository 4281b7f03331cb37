import { AppError } from '@nova/errors';
import { createPostgresEventLog } from '@nova/events';
import { type AnyTransaction, startRelay } from '@nova/outbox';
import { UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { type Identity, StopStack } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import {
  freeFixedPort,
  openTestDatabase,
  registerAccount,
  serveRpc,
  standInService,
  startSubgraphs,
  subgraphClient,
  type TestKeys,
} from '@nova/testkit';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Tables } from '../src/db/tables.ts';

export type MediaUnderTest = Awaited<ReturnType<typeof startMedia>>;

/** Media behind its real doors, the database it writes to, and a service that keeps quotas for it. */
export async function startMedia(options: { env?: Readonly<Record<string, string>>; roles?: readonly Role[] } = {}) {
  const stack = new StopStack();
  const userPort = await freeFixedPort();
  const subgraphs = await startSubgraphs({
    ...options,
    domains: ['identity', 'media'],
    env: { USER_GRPC_URL: `127.0.0.1:${userPort}`, UPLOAD_URL_SECONDS: '60', ...options.env },
  });
  stack.add('subgraphs', subgraphs.stop);
  const quota = createTestQuota(subgraphs.keys, userPort);
  await quota.start();
  stack.add('quota', quota.stop);
  const url = subgraphs.database.urlFor('media');
  const database = openTestDatabase<Tables>(url);
  stack.add('database', database.stop);
  const send = subgraphClient(subgraphs.media.graphqlUrl, subgraphs.keys);
  return {
    ...subgraphs,
    db: database.db,
    quota,
    send,
    origin: new URL(subgraphs.media.graphqlUrl).origin,
    owner: await registerAccount(subgraphs, 'ada'),
    stop: () => stack.stop(),
  };
}

/** Commits events in another domain's outbox and has them relayed. */
export async function publishAs(
  { database }: MediaUnderTest,
  domain: 'content' | 'user',
  work: (tx: AnyTransaction) => Promise<void>,
): Promise<void> {
  const url = database.urlFor(domain);
  const { db, stop } = openTestDatabase<{ outbox_events: { id: string } }>(url);
  await db.transaction().execute(work);
  const eventLog = createPostgresEventLog({ url, applicationName: 'test' });
  const relay = startRelay({ directUrl: url, schema: domain, log: eventLog });
  await expect.poll(() => db.selectFrom('outbox_events').select('id').execute()).toEqual([]);
  await relay.stop();
  await eventLog.stop();
  await stop();
}

/** The part of another domain's contract that media asks for: rooms by reservation, of so many bytes altogether. */
function createTestQuota(keys: TestKeys, port: number) {
  const rooms = new Map<string, number>();
  const callers: string[] = [];
  let limit = 1_000_000_000;
  const used = () => [...rooms.values()].reduce((sum, bytes) => sum + bytes, 0);
  const answer = () => ({ usedBytes: BigInt(used()), limitBytes: BigInt(limit) });
  const service = standInService(
    UserService,
    {
      async reserveQuota({ reservationId, bytes }) {
        if (!rooms.has(reservationId) && used() + Number(bytes) > limit)
          throw new AppError('RESOURCE_EXHAUSTED', 'Full.', { details: { limitBytes: limit } });
        rooms.set(reservationId, Number(bytes));
        return answer();
      },
      async releaseQuota({ reservationId }, { identity }) {
        callers.push(identity.kind);
        rooms.delete(reservationId);
        return answer();
      },
    },
    { reserveQuota: 'write:quotas', releaseQuota: 'write:quotas' },
  );
  let server: Awaited<ReturnType<typeof serveRpc>> | undefined;
  return {
    rooms,
    callers,
    setLimit: (bytes: number) => {
      limit = bytes;
    },
    async start() {
      server = await serveRpc([service], { verifyIdentity: keys.verifyCaller, port });
    },
    async stop() {
      await server?.stop();
    },
  };
}

type Headers = { headers?: Readonly<Record<string, string>> };
export type Announced = { kind?: 'IMAGE' | 'VIDEO'; contentType: string; bytes: number };

export function createUpload(media: MediaUnderTest, as: Identity, { headers, ...input }: Announced & Headers) {
  return media.send(
    `mutation ($input: CreateUploadInput!) {
      createUpload(input: $input) {
        asset { id state kind bytes contentType }
        upload { url method expiresAt headers { name value } }
      }
    }`,
    { as, variables: { input: { ...input, kind: input.kind ?? 'IMAGE' } }, headers },
  );
}

type Upload = { url: string; method: string; headers: { name: string; value: string }[] };

export function put({ url, method, headers }: Upload, body: Uint8Array): Promise<Response> {
  const sent = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  return fetch(url, { method, headers: sent, body: Buffer.from(body), signal: AbortSignal.timeout(30_000) });
}

export function complete(media: MediaUnderTest, as: Identity, id: string) {
  return media.send('mutation ($id: ID!) { completeUpload(input: { id: $id }) { asset { id state failure } } }', {
    as,
    variables: { id },
  });
}

/** Announces a file, sends it and says so; the asset's id. */
export async function uploaded(
  media: MediaUnderTest,
  as: Identity,
  file: { kind?: 'IMAGE' | 'VIDEO'; contentType: string; body: Uint8Array },
): Promise<string> {
  const { kind, contentType, body } = file;
  const { data, errors } = await createUpload(media, as, { kind, contentType, bytes: body.length });
  expect(errors).toEqual([]);
  const { asset, upload } = data.createUpload;
  expect((await put(upload, body)).status).toBe(200);
  expect((await complete(media, as, asset.id)).data.completeUpload.asset.state).toBe('PROCESSING');
  return asset.id;
}

const assetFields = `id state failure width height durationMs url { url expiresAt } thumb: url(variant: THUMB) { url }
  small: url(variant: SMALL) { url } playback { url expiresAt }`;

export async function assetOf(media: MediaUnderTest, as: Identity, id: string) {
  const answer = await media.send(`query ($id: ID!) { mediaAsset(id: $id) { ${assetFields} } }`, {
    as,
    variables: { id },
  });
  expect(answer.errors).toEqual([]);
  return answer.data.mediaAsset;
}

/** The asset once it is READY or FAILED. */
export async function settled(media: MediaUnderTest, as: Identity, id: string) {
  await expect.poll(async () => (await assetOf(media, as, id)).state).toMatch(/READY|FAILED/);
  return assetOf(media, as, id);
}

export function deleteMedia(media: MediaUnderTest, as: Identity, id: string) {
  return media.send('mutation ($id: ID!) { deleteMedia(input: { id: $id }) { deletedMediaId } }', {
    as,
    variables: { id },
  });
}

/** As if the time of every upload link were over. */
export async function expireLinks({ db }: MediaUnderTest): Promise<void> {
  await db
    .updateTable('assets')
    .set({ upload_expires_at: new Date(Date.now() - 120_000) })
    .where('upload_expires_at', 'is not', null)
    .execute();
}

/** The events of an aggregate that nobody relayed, in order. */
export async function outboxOf({ db }: MediaUnderTest, key: string): Promise<{ type: string; payload: Uint8Array }[]> {
  const { rows } = await sql<{ type: string; payload: Uint8Array }>`
    select type, payload from outbox_events where key = ${key} order by id`.execute(db);
  return rows;
}

export async function hasJobs({ db }: MediaUnderTest, assetId: string): Promise<boolean> {
  return (await db.selectFrom('jobs').select('id').where('asset_id', '=', assetId).execute()).length > 0;
}
