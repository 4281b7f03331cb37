import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@nova/errors';
import { freeFixedPort } from '@nova/testkit';
import fastify from 'fastify';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveObjects } from '../src/http/object-routes.ts';
import { openToWebPages } from '../src/http/open-to-web-pages.ts';
import { openLocalStore } from '../src/storage/local-store.ts';
import { assetPrefix, hlsKey, originalKey, variantKey } from '../src/storage/object-keys.ts';
import type { ObjectStore } from '../src/storage/object-store.ts';
import { openS3Store } from '../src/storage/s3-store.ts';
import { createUrlSigner } from '../src/storage/url-signer.ts';
import { validityFor } from '../src/storage/validity.ts';

type Engine = { readonly store: ObjectStore; stop(): Promise<unknown> };

async function localEngine(directory: string): Promise<Engine> {
  const app = fastify();
  app.setErrorHandler((error, _request, reply) => reply.code(isAppError(error) ? error.facts.httpStatus : 500).send());
  const signer = createUrlSigner('k'.repeat(32));
  const store = await openLocalStore({ directory, publicUrl: () => app.listeningOrigin, signer });
  openToWebPages(app, (scope) => serveObjects(scope, { store, signer }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { store, stop: () => app.close() };
}

/** It does not look at signatures; those are laws of local-objects.test.ts. */
async function s3Engine(directory: string): Promise<Engine> {
  const port = await freeFixedPort();
  const configureBuckets = [{ name: 'nova-media', configs: [] }];
  const server = new S3rver({ address: '127.0.0.1', port, silent: true, directory, configureBuckets });
  await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const place = { endpoint, publicEndpoint: endpoint, bucket: 'nova-media', region: 'us-east-1' };
  const store = openS3Store({ ...place, ...credentials });
  return {
    store,
    async stop() {
      store.stop();
      await server.close();
    },
  };
}

describe.each([
  { name: 'local', start: localEngine },
  { name: 'S3', start: s3Engine },
])('a store of objects ($name)', ({ start }) => {
  const directory = mkdtempSync(join(tmpdir(), 'nova-objects-'));
  const file = join(directory, 'file');
  const { signal } = new AbortController();
  let engine: Engine;
  let store: ObjectStore;
  beforeAll(async () => {
    engine = await start(join(directory, 'store'));
    store = engine.store;
  });
  afterAll(async () => {
    await engine?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function stored(key: string, body: string | Uint8Array): Promise<void> {
    writeFileSync(file, body);
    await store.upload(key, { file, signal });
  }

  test('gives back what was put, and what is not there is undefined', async () => {
    const id = randomUUID();
    const body = randomBytes(300_000);
    await stored(variantKey(id, 'small'), body);
    expect(await store.sizeOf(variantKey(id, 'small'))).toBe(300_000);
    expect(await store.download(variantKey(id, 'small'), { file, maxBytes: 300_000, signal })).toBe(300_000);
    expect(readFileSync(file).equals(body)).toBe(true);
    await stored(hlsKey(id, 'master.m3u8'), '#EXTM3U\n');
    expect(await store.readText(hlsKey(id, 'master.m3u8'), 100)).toBe('#EXTM3U\n');
    const absent = variantKey(randomUUID(), 'large');
    expect(await store.sizeOf(absent)).toBeUndefined();
    expect(await store.readText(absent, 100)).toBeUndefined();
    expect(await store.download(absent, { file, maxBytes: 100, signal })).toBeUndefined();
  });

  test('gives no more than was asked for', async () => {
    const key = originalKey(randomUUID());
    await stored(key, 'x'.repeat(11));
    await expect(store.readText(key, 10)).rejects.toThrow('10 bytes');
    await expect(store.download(key, { file, maxBytes: 10, signal })).rejects.toThrow('10 bytes');
  });

  test('what is put again is over what there was', async () => {
    const key = hlsKey(randomUUID(), '360/index.m3u8');
    await stored(key, 'first');
    await stored(key, 'second');
    expect(await store.readText(key, 100)).toBe('second');
  });

  test('removes everything of an asset, nothing of others, and is asked so twice', async () => {
    const [gone, kept] = [randomUUID(), randomUUID()];
    const keys = [
      originalKey(gone),
      variantKey(gone, 'thumb'),
      hlsKey(gone, 'master.m3u8'),
      hlsKey(gone, '360/00001.ts'),
    ];
    for (const key of [...keys, originalKey(kept)]) await stored(key, 'x');
    for (let time = 0; time < 2; time += 1) await store.removeAll(assetPrefix(gone), signal);
    expect(await Promise.all(keys.map((key) => store.sizeOf(key)))).toEqual(keys.map(() => undefined));
    expect(await store.sizeOf(originalKey(kept))).toBe(1);
  });

  test('who has an upload link puts the object there', async () => {
    const key = originalKey(randomUUID());
    const expiresAt = new Date(Date.now() + 60_000);
    const link = await store.signUpload({ key, bytes: 5, contentType: 'image/png', expiresAt });
    const answer = await fetch(link.url, { method: link.method, headers: link.headers, body: 'hello' });
    expect(answer.status).toBe(200);
    expect(await store.readText(key, 100)).toBe('hello');
    expect(link.expiresAt).toEqual(expiresAt);
  });

  test('who has a download link reads the object, ranges of it too, as what it is', async () => {
    const key = variantKey(randomUUID(), 'large');
    await stored(key, '0123456789');
    const url = await store.signDownload(key, validityFor(60));
    const whole = await fetch(url);
    expect([whole.status, await whole.text(), whole.headers.get('content-type')]).toEqual([
      200,
      '0123456789',
      'image/webp',
    ]);
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
    const end = await fetch(url, { headers: { range: 'bytes=7-' } });
    expect([end.status, await end.text()]).toEqual([206, '789']);
    expect((await fetch(url, { headers: { range: 'bytes=20-' } })).status).toBe(416);
    expect((await fetch(await store.signDownload(variantKey(randomUUID(), 'large'), validityFor(60)))).status).toBe(
      404,
    );
  });

  test('within a window of time a link is the same, so that caches know it', async () => {
    const key = variantKey(randomUUID(), 'thumb');
    const atMs = Date.parse('2026-11-22T10:00:00Z');
    const linkAt = (ms: number) => store.signDownload(key, validityFor(3_600, ms));
    expect(await linkAt(atMs)).toBe(await linkAt(atMs + 3_599_000));
    expect(await linkAt(atMs)).not.toBe(await linkAt(atMs + 3_600_000));
    for (const ms of [0, 1, 3_599_999]) {
      const leftMs = validityFor(3_600, atMs + ms).expiresAt.getTime() - (atMs + ms);
      expect(leftMs).toBeGreaterThan(3_600_000);
      expect(leftMs).toBeLessThanOrEqual(7_200_000);
    }
  });
});

test('a store that does not answer is SERVICE_UNAVAILABLE', async () => {
  const endpoint = `http://127.0.0.1:${await freeFixedPort()}`;
  const place = { endpoint, publicEndpoint: endpoint, bucket: 'nova-media', region: 'us-east-1' };
  const store = openS3Store({ ...place, accessKeyId: 'a', secretAccessKey: 'b' });
  await expect(store.sizeOf(originalKey(randomUUID()))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  store.stop();
});

test('an upload link of S3 is signed over size and type', async () => {
  const endpoint = 'https://s3.example';
  const place = { endpoint, publicEndpoint: 'https://cdn.example', bucket: 'nova-media', region: 'us-east-1' };
  const store = openS3Store({ ...place, accessKeyId: 'a', secretAccessKey: 'b' });
  const object = {
    key: originalKey(randomUUID()),
    bytes: 5,
    contentType: 'image/png',
    expiresAt: new Date(Date.now() + 60_000),
  };
  const { searchParams, host } = new URL((await store.signUpload(object)).url);
  expect(host).toBe('cdn.example');
  expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
  expect([...searchParams.keys()].filter((name) => name.includes('checksum'))).toEqual([]);
  store.stop();
});
