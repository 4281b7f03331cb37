import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLocalStore } from '../src/storage/local-store.ts';
import { originalKey, variantKey } from '../src/storage/object-keys.ts';
import { createUrlSigner } from '../src/storage/url-signer.ts';
import { createUpload, type MediaUnderTest, put, startMedia } from './_media.ts';

let media: MediaUnderTest;
beforeAll(async () => {
  media = await startMedia();
});
afterAll(() => media?.stop());

/** With the secret of the test's settings. */
const signer = createUrlSigner('m'.repeat(32));
const soon = () => new Date(Date.now() + 60_000);

async function announced(bytes: number) {
  const { data } = await createUpload(media, media.owner, { contentType: 'image/png', bytes });
  const { asset, upload } = data.createUpload;
  return { upload, file: join(media.mediaDirectory, 'objects', asset.id, 'original') };
}

test('a link whose method, path, terms, time or signature are others is refused', async () => {
  const { upload, file } = await announced(5);
  const { upload: foreign } = await announced(5);
  const changed = (change: (url: URL) => void) => {
    const url = new URL(upload.url);
    change(url);
    return { ...upload, url: url.href };
  };
  const set = (name: string, value: string) => changed(({ searchParams }) => searchParams.set(name, value));
  const refused = [
    set('bytes', '6'),
    set('type', 'text/html'),
    set('expires', '99999999999'),
    set('expires', 'NaN'),
    set('signature', new URL(foreign.url).searchParams.get('signature') ?? ''),
    set('signature', ''),
    set('more', 'x'),
    changed(({ searchParams }) => searchParams.append('bytes', '5')),
    changed(({ searchParams }) => searchParams.delete('signature')),
    changed((url) => {
      url.pathname = new URL(foreign.url).pathname;
    }),
    changed((url) => {
      url.search = '';
    }),
  ];
  for (const each of refused)
    expect([each.url, (await put(each, Buffer.from('hello'))).status]).toEqual([each.url, 403]);
  expect((await fetch(upload.url)).status).toBe(403);
  expect(existsSync(file)).toBe(false);
  expect((await put(upload, Buffer.from('hello'))).status).toBe(200);
});

test('a link is good until its time and not after', async () => {
  const path = `/objects/${variantKey(randomUUID(), 'thumb')}`;
  const statusAt = async (expiresAt: Date) =>
    (await fetch(`${media.origin}${path}?${signer.sign({ method: 'GET', path, expiresAt })}`)).status;
  expect(await statusAt(soon())).toBe(404);
  expect(await statusAt(new Date(Date.now() - 1_000))).toBe(403);
});

test('exactly as many bytes as announced are taken, of the type announced', async () => {
  const { upload, file } = await announced(5);
  const typed = upload.headers.map((header: { name: string }) => ({ ...header, value: 'image/jpeg' }));
  expect((await put({ ...upload, headers: typed }, Buffer.from('hello'))).status).toBe(415);
  expect((await put(upload, Buffer.from('hello!'))).status).toBe(413);
  expect((await put(upload, Buffer.from('hell'))).status).toBe(400);
  expect(existsSync(file)).toBe(false);
});

test('an upload that breaks off leaves nothing behind, and what is sent without a length is refused', async () => {
  const { upload, file } = await announced(1_000_000);
  const incoming = join(media.mediaDirectory, 'incoming');
  const sending = request(upload.url, {
    method: 'PUT',
    headers: { 'content-type': 'image/png', 'content-length': 1_000_000 },
  });
  sending.on('error', () => undefined);
  sending.write(randomBytes(1_000));
  await expect.poll(() => readdirSync(incoming)).toHaveLength(1);
  sending.destroy();
  await expect.poll(() => readdirSync(incoming)).toEqual([]);
  expect(existsSync(file)).toBe(false);
  const body = new ReadableStream({ start: (controller) => controller.close() });
  const headers = { 'content-type': 'image/png' };
  const unsized = await fetch(upload.url, { method: 'PUT', headers, body, duplex: 'half' } as RequestInit);
  expect(unsized.status).toBe(400);
});

test('whatever a path is, even signed, nothing outside the objects is read or written', async () => {
  const secret = join(media.mediaDirectory, 'secret.webp');
  writeFileSync(secret, 'secret');
  mkdirSync(join(media.mediaDirectory, 'objects', randomUUID()), { recursive: true });
  const id = randomUUID();
  const parts = fc.array(
    fc.constantFrom('..', '.', '%2e%2e', '%2f', '\\', '/', id, 'secret.webp', 'incoming', '%00', '~'),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  const paths = [
    '../secret.webp',
    `${id}/../../secret.webp`,
    '%2e%2e/secret.webp',
    '..%2fsecret.webp',
    `${id}/..%2f..%2fsecret.webp`,
    '//etc/passwd',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.constantFrom(...paths),
        parts.map((each) => each.join('/')),
      ),
      async (tail) => {
        const path = `/objects/${tail}`;
        const read = await raw('GET', `${path}?${signer.sign({ method: 'GET', path, expiresAt: soon() })}`);
        expect([tail, read.status >= 400 && read.status < 500, read.body]).toEqual([
          tail,
          true,
          expect.not.stringContaining('secret"'),
        ]);
        expect(read.body).not.toBe('secret');
        const params = { bytes: '1', type: 'image/png' };
        const query = signer.sign({ method: 'PUT', path, expiresAt: soon(), params });
        expect((await raw('PUT', `${path}?${query}`)).status).toBeGreaterThanOrEqual(400);
      },
    ),
    { numRuns: 100 },
  );
  expect(readdirSync(media.mediaDirectory).toSorted()).toEqual(['incoming', 'objects', 'secret.webp']);
  expect(readdirSync(join(media.mediaDirectory, 'incoming'))).toEqual([]);
});

/** Without the tidying that fetch does to paths. */
function raw(method: string, path: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const { hostname, port } = new URL(media.origin);
  const headers = method === 'PUT' ? { 'content-type': 'image/png', 'content-length': 1 } : {};
  const sending = request({ hostname, port, method, path, headers }, (answer) => {
    let body = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
  });
  sending.on('error', reject);
  sending.end(method === 'PUT' ? 'x' : undefined);
  return promise;
}

test('a page of any site may send and show, and what is opened by itself may do nothing', async () => {
  const { upload } = await announced(5);
  const asked = await fetch(upload.url, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type',
    },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-origin')).toBe('*');
  expect(asked.headers.get('access-control-allow-methods')).toContain('PUT');
  const key = variantKey(randomUUID(), 'thumb');
  const directory = join(media.mediaDirectory, 'objects', key.split('/')[0] ?? '');
  mkdirSync(directory);
  writeFileSync(join(directory, 'thumb.webp'), 'abc');
  const path = `/objects/${key}`;
  const url = `${media.origin}${path}?${signer.sign({ method: 'GET', path, expiresAt: soon() })}`;
  const end = await fetch(url, { headers: { range: 'bytes=-1' } });
  expect([end.status, await end.text()]).toEqual([206, 'c']);
  const shown = await fetch(url);
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'access-control-allow-origin': '*',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': expect.stringMatching(/max-age=[1-9]/),
  });
});

test('keys that were not made by media name no object', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nova-keys-'));
  const store = await openLocalStore({ directory, publicUrl: () => 'http://localhost', signer });
  for (const key of [
    '../x',
    `${randomUUID()}/../x`,
    '/etc/passwd',
    `${randomUUID()}/.hidden`,
    `${randomUUID()}/a/b/c/d/e`,
    '',
  ])
    await expect(store.readText(key, 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  for (const prefix of ['', '/', '../', `${randomUUID()}`])
    await expect(store.removeAll(prefix, AbortSignal.timeout(1_000))).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  expect(await store.readText(originalKey(randomUUID()), 10)).toBeUndefined();
  rmSync(directory, { recursive: true, force: true });
});
