import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerAccount, requireService } from '@nova/testkit';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assetOf, createUpload, type MediaUnderTest, settled, startMedia, uploaded } from './_media.ts';

let media: MediaUnderTest;
const directory = mkdtempSync(join(tmpdir(), 'nova-videos-'));
beforeAll(async () => {
  media = await startMedia({
    roles: ['graphql', 'grpc', 'consumers'],
    env: { VIDEO_MAX_SECONDS: '20', PATH: process.env.PATH ?? '' },
  });
});
afterAll(async () => {
  await media?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A test pattern with a tone, of so many seconds, that says where it was taken. */
function film(ffmpeg: string, { seconds, size }: { seconds: number; size: string }): Buffer {
  const file = join(directory, 'film.mp4');
  const picture = ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=10:duration=${seconds}`];
  const tone = ['-f', 'lavfi', '-i', `sine=duration=${seconds}`];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-threads', '1'];
  const where = ['-metadata', 'location=+48.8577+002.295/'];
  execFileSync(ffmpeg, ['-loglevel', 'error', '-y', ...picture, ...tone, ...codec, ...where, file]);
  return readFileSync(file);
}

const mp4 = { kind: 'VIDEO', contentType: 'video/mp4' } as const;
const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('a video is played in two sizes from one signed link, in which every further link is signed', async (context) => {
  const ffmpeg = requireService(context, 'ffmpeg');
  const body = film(ffmpeg, { seconds: 8, size: '640x480' });
  const id = await uploaded(media, media.owner, { ...mp4, body });
  const asset = await settled(media, media.owner, id);
  expect(asset).toMatchObject({ state: 'READY', failure: null, width: 640, height: 480 });
  expect(Math.abs(asset.durationMs - 8_000)).toBeLessThan(200);

  const master = await fetch(asset.playback.url);
  expect(master.headers.get('content-type')).toContain('mpegurl');
  const text = await master.text();
  expect([...text.matchAll(/RESOLUTION=(\S+)/g)].map(([, size]) => size)).toEqual(['480x360', '640x480']);
  expect([...text.matchAll(/BANDWIDTH=(\d+)/g)].every(([, rate]) => Number(rate) > 1_000)).toBe(true);
  for (const playlist of lines(text)) {
    const url = new URL(playlist, asset.playback.url);
    expect((await fetch(`${url.origin}${url.pathname}`)).status).toBe(403);
    const segments = lines(await (await fetch(url)).text());
    expect(segments.length).toBeGreaterThanOrEqual(2);
    for (const segment of segments) {
      const answer = await fetch(segment);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'video/mp2t']);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes[0]).toBe(0x47);
      expect(bytes.includes('48.8577')).toBe(false);
      expect((await fetch(segment.split('?')[0] ?? '')).status).toBe(403);
    }
  }
  const poster = await sharp(Buffer.from(await (await fetch(asset.thumb.url)).arrayBuffer())).metadata();
  expect(poster).toMatchObject({ format: 'webp', width: 160, height: 120 });
});

test('a video that stands on its side is shown upright, and one that is small is not made larger', async (context) => {
  const ffmpeg = requireService(context, 'ffmpeg');
  writeFileSync(join(directory, 'lying.mp4'), film(ffmpeg, { seconds: 1, size: '320x180' }));
  const turned = join(directory, 'turned.mp4');
  const turn = ['-i', join(directory, 'lying.mp4'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90', turned];
  execFileSync(ffmpeg, ['-loglevel', 'error', '-y', ...turn]);
  const id = await uploaded(media, media.owner, { ...mp4, body: readFileSync(turned) });
  const asset = await settled(media, media.owner, id);
  expect(asset).toMatchObject({ state: 'READY', width: 180, height: 320 });
  const text = await (await fetch(asset.playback.url)).text();
  expect([...text.matchAll(/RESOLUTION=(\S+)/g)].map(([, size]) => size)).toEqual(['180x320']);
  const poster = await sharp(Buffer.from(await (await fetch(asset.thumb.url)).arrayBuffer())).metadata();
  expect(poster).toMatchObject({ width: 90, height: 160 });
});

test('a video that is too long, cut off, or a list of other files fails and says why', async (context) => {
  const ffmpeg = requireService(context, 'ffmpeg');
  const failureOf = async (body: Uint8Array) => {
    const id = await uploaded(media, media.owner, { ...mp4, body });
    return (await settled(media, media.owner, id)).failure;
  };
  expect(await failureOf(film(ffmpeg, { seconds: 21, size: '64x64' }))).toBe('TOO_LONG');
  const whole = film(ffmpeg, { seconds: 2, size: '64x64' });
  expect(await failureOf(whole.subarray(0, Math.floor(whole.length / 2)))).toBe('UNREADABLE');
  expect(await failureOf(Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'))).toBe('TYPE_MISMATCH');
});

test('a playlist is given for its own link alone', async () => {
  for (const path of ['/playback/x/master.m3u8', '/playback/../../etc/passwd', '/playback/'])
    expect((await fetch(media.origin + path)).status).toBeGreaterThanOrEqual(403);
});

test('without ffmpeg an uploaded video fails with VIDEO_UNSUPPORTED; switched off, none is taken', async () => {
  const roles = ['graphql', 'grpc', 'consumers'] as const;
  const without = await startMedia({ roles, env: { PATH: '/nonexistent' } });
  const off = await startMedia({ env: { VIDEO_UPLOADS: 'off' } });
  try {
    const head = Buffer.from('0000001c6674797069736f6d0000020069736f6d69736f326d703431', 'hex');
    const id = await uploaded(without, without.owner, { ...mp4, body: head });
    expect(await settled(without, without.owner, id)).toMatchObject({ state: 'FAILED', failure: 'VIDEO_UNSUPPORTED' });
    expect(await assetOf(without, await registerAccount(without, 'other'), id)).toBeNull();
    const { errors } = await createUpload(off, off.owner, { ...mp4, bytes: 100 });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'kind' });
  } finally {
    await without.stop();
    await off.stop();
  }
});
