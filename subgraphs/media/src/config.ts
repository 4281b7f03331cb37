import { ConfigError, readKeyFile, readSettings, readTokenFile, type SettingValues, setting } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';
import type { S3Options } from './storage/s3-store.ts';

const seconds = (value: number, description: string, max = 7 * 86_400) =>
  setting.integer({ default: value, min: 1, max, description });
const bytes = (value: number, description: string) =>
  setting.integer({ default: value, min: 1, max: 2_147_483_647, description });

const storageSettings = {
  MEDIA_DIRECTORY: setting.string({
    default: '.data/media',
    description: 'Directory of this machine where objects are kept, without S3_ENDPOINT.',
  }),
  MEDIA_PUBLIC_URL: setting.url({
    optional: true,
    description:
      'Where clients reach this process for playlists and, without S3_ENDPOINT, for objects. Default: where it listens.',
  }),
  MEDIA_SIGNING_KEY_FILE: setting.string({
    description: 'File with the secret (32 characters or more) that signs links to objects and playlists.',
  }),
  S3_ENDPOINT: setting.url({ optional: true, description: 'S3, or what speaks its protocol, to keep objects in.' }),
  S3_PUBLIC_ENDPOINT: setting.url({
    optional: true,
    description: 'Where clients reach it, when that is elsewhere: a CDN, say. Default: S3_ENDPOINT.',
  }),
  S3_BUCKET: setting.string({ default: 'nova-media', description: 'Bucket of the objects; it has to exist.' }),
  S3_REGION: setting.string({ default: 'us-east-1', description: 'Region of the bucket.' }),
  S3_ACCESS_KEY_ID: setting.string({ optional: true, description: 'Access key; required with S3_ENDPOINT.' }),
  S3_SECRET_KEY_FILE: setting.string({
    optional: true,
    description: 'File with its secret; required with S3_ENDPOINT.',
  }),
};

const linkSettings = {
  UPLOAD_URL_SECONDS: seconds(900, 'How long an upload link is good for.'),
  DOWNLOAD_URL_SECONDS: seconds(
    3_600,
    'How long a link to a picture is good for, at least; within a window of that length it is the same.',
    302_400,
  ),
  PLAYBACK_URL_SECONDS: seconds(
    14_400,
    'The same of a link to a video or a live stream; longer than one takes to watch.',
    302_400,
  ),
  ABANDONED_UPLOAD_SECONDS: seconds(
    3_600,
    'How long after its link expired an upload that was not completed is kept.',
    30 * 86_400,
  ),
};

const processingSettings = {
  IMAGE_MAX_BYTES: bytes(20_971_520, 'Largest picture taken.'),
  IMAGE_MAX_PIXELS: setting.integer({
    default: 50_000_000,
    min: 1,
    description: 'Most pixels of a picture, or of a video’s frame; more are not decoded.',
  }),
  VIDEO_MAX_BYTES: bytes(524_288_000, 'Largest video taken.'),
  VIDEO_MAX_SECONDS: seconds(600, 'Longest video taken.'),
  VIDEO_UPLOADS: setting.oneOf(['on', 'off'], {
    default: 'on',
    description:
      'Whether videos are taken. They need ffmpeg and ffprobe: without these an uploaded video fails with VIDEO_UNSUPPORTED.',
  }),
  VIDEO_TIMEOUT_SECONDS: seconds(1_800, 'Time that making one rendition of a video may take.', 86_400),
  VIDEO_THREADS: setting.integer({
    default: 1,
    min: 1,
    max: 64,
    description: 'Threads of ffmpeg; one runs at a time.',
  }),
  FFMPEG: setting.string({ default: 'ffmpeg', description: 'The program, as a name on PATH or a path.' }),
  FFPROBE: setting.string({ default: 'ffprobe', description: 'The program, as a name on PATH or a path.' }),
  PATH: setting.string({ default: '/usr/local/bin:/usr/bin:/bin', description: 'Where these are looked for.' }),
  JOB_LEASE_SECONDS: seconds(60, 'After so long the work of a process that died is taken up by another.', 3_600),
};

const liveSettings = {
  STREAM_CALLBACK_KEY_FILE: setting.string({
    optional: true,
    description:
      'File with the secret (32 characters or more) that signs the callbacks of the media server. Without it there are no live streams.',
  }),
  LIVE_STREAMS_PER_OWNER: setting.integer({
    default: 5,
    min: 1,
    max: 1_000,
    description: 'Most live streams of one person that wait or are on air.',
  }),
  LIVE_INGEST_URL: setting.string({
    default: 'rtmp://127.0.0.1:1935/live',
    description: 'Where live streams are sent to.',
  }),
  LIVE_PLAYBACK_URL: setting.url({
    optional: true,
    description:
      'Where the media server shows them, each below its id; links there are signed by MEDIA_SIGNING_KEY_FILE. Without it a live stream has no link.',
  }),
};

export const settings = {
  ...subgraphSettings('media'),
  ...peerSettings('identity', 'user'),
  ...storageSettings,
  ...linkSettings,
  ...processingSettings,
  ...liveSettings,
};

export type Config = ReturnType<typeof toConfig>;
type Env = SettingValues<typeof settings>;

export function readEnv(env: NodeJS.ProcessEnv): Env {
  return readSettings(settings, env);
}

/** Throws ConfigError when a key file cannot be used, and for an S3 without credentials. */
export function toConfig(env: Env) {
  const callbackKeyFile = env.STREAM_CALLBACK_KEY_FILE;
  return {
    ...toSubgraphConfig('media', env),
    peers: { identity: env.IDENTITY_GRPC_URL, user: env.USER_GRPC_URL },
    storage: { directory: env.MEDIA_DIRECTORY, s3: toS3(env) },
    signingKey: readTokenFile('MEDIA_SIGNING_KEY_FILE', env.MEDIA_SIGNING_KEY_FILE, env.APP_ENV),
    publicUrl: env.MEDIA_PUBLIC_URL?.replace(/\/$/, ''),
    seconds: {
      upload: env.UPLOAD_URL_SECONDS,
      download: env.DOWNLOAD_URL_SECONDS,
      playback: env.PLAYBACK_URL_SECONDS,
      abandoned: env.ABANDONED_UPLOAD_SECONDS,
      lease: env.JOB_LEASE_SECONDS,
    },
    limits: {
      maxBytes: { IMAGE: env.IMAGE_MAX_BYTES, VIDEO: env.VIDEO_MAX_BYTES },
      takesVideos: env.VIDEO_UPLOADS === 'on',
    },
    processing: {
      maxPixels: env.IMAGE_MAX_PIXELS,
      video: {
        ffmpeg: env.FFMPEG,
        ffprobe: env.FFPROBE,
        searchPath: env.PATH,
        threads: env.VIDEO_THREADS,
        maxSeconds: env.VIDEO_MAX_SECONDS,
        timeoutMs: env.VIDEO_TIMEOUT_SECONDS * 1_000,
      },
    },
    live: {
      callbackKey: callbackKeyFile && readTokenFile('STREAM_CALLBACK_KEY_FILE', callbackKeyFile, env.APP_ENV),
      perOwner: env.LIVE_STREAMS_PER_OWNER,
      ingestUrl: env.LIVE_INGEST_URL,
      playbackUrl: env.LIVE_PLAYBACK_URL,
    },
  };
}

function toS3(env: Env): S3Options | undefined {
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_KEY_FILE: secretFile } = env;
  if (endpoint === undefined) return undefined;
  if (accessKeyId === undefined || secretFile === undefined)
    throw new ConfigError(['S3_ENDPOINT needs S3_ACCESS_KEY_ID and S3_SECRET_KEY_FILE']);
  return {
    endpoint,
    publicEndpoint: env.S3_PUBLIC_ENDPOINT ?? endpoint,
    bucket: env.S3_BUCKET,
    region: env.S3_REGION,
    accessKeyId,
    secretAccessKey: readKeyFile('S3_SECRET_KEY_FILE', secretFile, env.APP_ENV).trim(),
  };
}
