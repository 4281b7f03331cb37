import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AppError } from '@nova/errors';
import { contentTypeOf, type ObjectStore } from './object-store.ts';

export type S3Options = {
  readonly endpoint: string;
  /** Where clients reach it, when that is elsewhere. */
  readonly publicEndpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

/** Of what moves no object's bytes. */
const callMs = 10_000;

/** Objects in a bucket of S3 or of what speaks its protocol. */
export function openS3Store(options: S3Options): ObjectStore {
  const client = clientAt(options.endpoint, options);
  const publicClient = clientAt(options.publicEndpoint, options);
  const Bucket = options.bucket;
  const get = async (key: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }) => {
    const command = new GetObjectCommand({ Bucket, Key: key });
    const object = await orAbsent(client.send(command, { abortSignal: signal }));
    if (!object) return undefined;
    const { ContentLength: bytes = 0, Body } = object;
    if (bytes <= maxBytes) return { bytes, body: Body as Readable & { transformToString(): Promise<string> } };
    (Body as Readable).destroy();
    throw new AppError('INTERNAL_ERROR', `The object ${key} has more than ${maxBytes} bytes.`);
  };
  return {
    async sizeOf(key) {
      const command = new HeadObjectCommand({ Bucket, Key: key });
      const head = await orAbsent(client.send(command, { abortSignal: AbortSignal.timeout(callMs) }));
      return head?.ContentLength;
    },
    async readText(key, maxBytes) {
      const object = await get(key, { maxBytes, signal: AbortSignal.timeout(callMs) });
      return object?.body.transformToString();
    },
    async download(key, { file, maxBytes, signal }) {
      const object = await get(key, { maxBytes, signal });
      if (!object) return undefined;
      await pipeline(object.body, createWriteStream(file), { signal });
      return object.bytes;
    },
    async upload(key, { file, signal }) {
      const { size: ContentLength } = await stat(file);
      const object = { Bucket, Key: key, ContentLength, ContentType: contentTypeOf(key) };
      const Body = createReadStream(file);
      await sent(client.send(new PutObjectCommand({ ...object, Body }), { abortSignal: signal }));
    },
    async removeAll(prefix, signal) {
      for (;;) {
        const list = new ListObjectsV2Command({ Bucket, Prefix: prefix });
        const { Contents = [] } = await sent(client.send(list, { abortSignal: signal }));
        if (Contents.length === 0) return;
        const Objects = Contents.map(({ Key }) => ({ Key }));
        const remove = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
        const { Errors = [] } = await sent(client.send(remove, { abortSignal: signal }));
        if (Errors.length > 0) throw unavailable(new Error(`${Errors[0]?.Code}: ${Errors[0]?.Message}`));
      }
    },
    async signUpload({ key, bytes, contentType, expiresAt }) {
      const command = new PutObjectCommand({ Bucket, Key: key, ContentLength: bytes, ContentType: contentType });
      const url = await getSignedUrl(publicClient, command, {
        expiresIn: Math.max(1, Math.floor((expiresAt.getTime() - Date.now()) / 1_000)),
        // Left unsigned, they could be others than announced.
        signableHeaders: new Set(['host', 'content-length', 'content-type']),
      });
      return { method: 'PUT', url, headers: { 'content-type': contentType }, expiresAt };
    },
    signDownload(key, { signedAt, expiresAt }) {
      const expiresIn = Math.floor((expiresAt.getTime() - signedAt.getTime()) / 1_000);
      return getSignedUrl(publicClient, new GetObjectCommand({ Bucket, Key: key }), {
        expiresIn,
        signingDate: signedAt,
      });
    },
    stop() {
      client.destroy();
      publicClient.destroy();
    },
  };
}

function clientAt(endpoint: string, { region, accessKeyId, secretAccessKey }: S3Options): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // By default a presigned PUT carries the checksum of an empty body, and S3 refuses every other.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
  });
}

async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
    throw unavailable(error);
  }
}

function sent<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw unavailable(error);
  });
}

function unavailable(cause: unknown): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'The store of media objects does not answer.', { cause });
}
