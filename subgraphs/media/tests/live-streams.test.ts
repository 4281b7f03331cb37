import { headerNames, type Identity } from '@nova/runtime';
import { registerAccount } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callbackHeaders, signCallback } from '../src/http/stream-callbacks.ts';
import { createUrlSigner } from '../src/storage/url-signer.ts';
import { assetOf, deleteMedia, type MediaUnderTest, startMedia } from './_media.ts';

let media: MediaUnderTest;
let viewer: Identity;
beforeAll(async () => {
  media = await startMedia({ env: { LIVE_PLAYBACK_URL: 'https://live.example/hls/' } });
  viewer = await registerAccount(media, 'viewer');
});
afterAll(() => media?.stop());

async function newStream(headers = {}): Promise<{ id: string; streamKey: string }> {
  const { data, errors } = await media.send(
    'mutation { createLiveStream { streamKey ingestUrl asset { id kind state bytes contentType } } }',
    { as: media.owner, headers },
  );
  expect(errors).toEqual([]);
  const { asset, streamKey, ingestUrl } = data.createLiveStream;
  expect(asset).toMatchObject({ kind: 'LIVE_STREAM', state: 'WAITING', bytes: null, contentType: null });
  expect(ingestUrl).toMatch(/^rtmp:/);
  return { id: asset.id, streamKey };
}

type Call = { path?: string; name: string; timestamp?: number; key?: string; signedBody?: string };

/** What nginx-rtmp sends, signed by the proxy beside it. */
function callback({
  path = '/streams/on_publish',
  name,
  timestamp = Date.now(),
  key = 's'.repeat(32),
  signedBody,
}: Call) {
  const body = new URLSearchParams({ call: 'publish', app: 'live', addr: '127.0.0.1', name }).toString();
  const signature = signCallback(key, { timestamp: String(timestamp), path, body: signedBody ?? body }).toString('hex');
  return () =>
    fetch(media.origin + path, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        [callbackHeaders.timestamp]: String(timestamp),
        [callbackHeaders.signature]: signature,
      },
      body,
    });
}

const published = (name: string) => callback({ name })();
const done = (name: string) => callback({ path: '/streams/on_done', name })();
const stateOf = async (id: string, as: Identity = media.owner) => (await assetOf(media, as, id))?.state;

test('a stream waits, is on air while it is sent, and ends; its viewers learn its id and not its key', async () => {
  const { id, streamKey } = await newStream();
  expect(await stateOf(id, viewer)).toBeUndefined();
  const answer = await published(streamKey);
  expect([answer.status, answer.headers.get('location')]).toEqual([302, id]);
  const shown = await assetOf(media, viewer, id);
  expect(shown.state).toBe('LIVE');
  const link = new URL(shown.playback.url);
  expect(`${link.origin}${link.pathname}`).toBe(`https://live.example/hls/${id}/index.m3u8`);
  const terms = { method: 'GET', path: link.pathname, query: link.searchParams };
  expect(createUrlSigner('m'.repeat(32)).verify(terms)?.expiresAt.toISOString()).toBe(shown.playback.expiresAt);
  // A sender that was cut off comes back.
  expect((await published(streamKey)).status).toBe(302);
  expect((await done(streamKey)).status).toBe(204);
  expect(await assetOf(media, viewer, id)).toMatchObject({ state: 'ENDED', playback: null });
  expect((await published(streamKey)).status).toBe(403);
});

test('the media server may name what ends by the id that it knows it under', async () => {
  const { id, streamKey } = await newStream();
  await published(streamKey);
  expect((await done(id)).status).toBe(204);
  expect(await stateOf(id)).toBe('ENDED');
});

test('an id is no key, and a key that nobody was given opens nothing', async () => {
  const { id } = await newStream();
  for (const name of [id, 'unknown', '']) expect((await published(name)).status).toBeGreaterThanOrEqual(400);
  expect(await stateOf(id)).toBe('WAITING');
});

test('a key is stored nowhere', async () => {
  const { id, streamKey } = await newStream();
  const row = await media.db
    .selectFrom('live_streams')
    .selectAll()
    .where('asset_id', '=', id)
    .executeTakeFirstOrThrow();
  expect(row.key_hash).toHaveLength(32);
  expect(JSON.stringify(row)).not.toContain(streamKey);
});

test('a repeat of the request is the same stream with another key in place of the first', async () => {
  const headers = { [headerNames.idempotencyKey]: `${'e'.repeat(64)}:${'f'.repeat(64)}` };
  const [first, second] = [await newStream(headers), await newStream(headers)];
  expect(second.id).toBe(first.id);
  expect((await published(first.streamKey)).status).toBe(403);
  expect((await published(second.streamKey)).status).toBe(302);
});

test('a callback counts once, and only when the media server signed it just now', async () => {
  const { id, streamKey: name } = await newStream();
  const minutes = (count: number) => Date.now() + count * 60_000;
  const refused = [
    callback({ name, key: 'x'.repeat(32) }),
    callback({ name, signedBody: 'name=other' }),
    callback({ name, timestamp: minutes(-6) }),
    callback({ name, timestamp: minutes(6) }),
    callback({ name, timestamp: Number.NaN }),
  ];
  for (const send of refused) expect((await send()).status).toBe(403);
  expect(await stateOf(id)).toBe('WAITING');

  const begin = callback({ name, timestamp: minutes(-1) });
  const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await begin()).status));
  expect(statuses.toSorted()).toEqual([302, 403, 403, 403]);
  const end = callback({ path: '/streams/on_done', name });
  expect([(await end()).status, (await end()).status]).toEqual([204, 403]);
});

test('a deleted stream does not begin', async () => {
  const { id, streamKey } = await newStream();
  expect((await deleteMedia(media, media.owner, id)).errors).toEqual([]);
  expect((await published(streamKey)).status).toBe(403);
});

test('nobody has more streams that did not end than the limit, however many are made at once, until one ends or is deleted', async () => {
  const as = await registerAccount(media, 'streamer');
  const create = () => media.send('mutation { createLiveStream { streamKey asset { id } } }', { as });
  const answers = await Promise.all(Array.from({ length: 8 }, create));
  const made = answers.flatMap(({ data }) => data?.createLiveStream ?? []);
  expect(made).toHaveLength(5);
  const [refusal] = answers.flatMap(({ errors }) => errors);
  expect(refusal?.extensions).toMatchObject({ code: 'RESOURCE_EXHAUSTED', limit: 5 });
  await published(made[0].streamKey);
  expect((await create()).errors).toHaveLength(1);
  await done(made[0].asset.id);
  expect((await create()).errors).toEqual([]);
  expect((await create()).errors).toHaveLength(1);
  await deleteMedia(media, as, made[1].asset.id);
  expect((await create()).errors).toEqual([]);
});

test('without the secret of a media server there are no live streams', async () => {
  const other = await startMedia({ env: { STREAM_CALLBACK_KEY_FILE: '' } });
  try {
    const { errors } = await other.send('mutation { createLiveStream { streamKey } }', { as: other.owner });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect((await fetch(`${other.origin}/streams/on_publish`, { method: 'POST' })).status).toBe(404);
  } finally {
    await other.stop();
  }
});
