import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeFixedPort } from '@nova/testkit';
import S3rver from 's3rver';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { deleteMedia, expireLinks, hasJobs, settled, startMedia, uploaded } from './_media.ts';

test('with S3_ENDPOINT bytes go to the bucket and come from there, and none stay on this machine', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nova-s3-'));
  const port = await freeFixedPort();
  const configureBuckets = [{ name: 'pictures', configs: [] }];
  const server = new S3rver({ address: '127.0.0.1', port, silent: true, directory, configureBuckets });
  await server.run();
  writeFileSync(join(directory, 'secret'), 'S3RVER\n');
  const media = await startMedia({
    roles: ['graphql', 'grpc', 'consumers'],
    env: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_BUCKET: 'pictures',
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_KEY_FILE: join(directory, 'secret'),
    },
  });
  try {
    const body = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const id = await uploaded(media, media.owner, { contentType: 'image/png', body });
    const asset = await settled(media, media.owner, id);
    expect(asset).toMatchObject({ state: 'READY', width: 9, height: 6 });
    expect(new URL(asset.url.url).port).toBe(String(port));
    expect((await fetch(asset.url.url)).status).toBe(200);
    expect(readdirSync(media.mediaDirectory)).toEqual([]);
    await expireLinks(media);
    await deleteMedia(media, media.owner, id);
    await expect.poll(() => hasJobs(media, id)).toBe(false);
    expect((await fetch(asset.url.url)).status).toBe(404);
  } finally {
    await media.stop();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('an S3 without credentials is refused at start', () => {
  const files = {
    IDENTITY_PUBLIC_KEY_FILE: '/dev/null',
    SERVICE_KEY_FILE: '/dev/null',
    MEDIA_SIGNING_KEY_FILE: '/dev/null',
  };
  const env = readEnv({ DATABASE_URL: 'postgres://localhost/nova', S3_ENDPOINT: 'http://localhost:9000', ...files });
  expect(() => toConfig(env)).toThrow('S3_ACCESS_KEY_ID');
});
