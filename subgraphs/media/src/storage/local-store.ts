import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@nova/errors';
import { isObjectKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import type { UrlSigner } from './url-signer.ts';

/** Objects as files below a directory of this machine, and links to the routes of http/object-routes.ts. */
export type LocalStore = ObjectStore & {
  /** Where the files of objects are: a key is the path from there. */
  readonly root: string;
  /** Puts exactly so many bytes; fewer or more leave what was there. Throws BAD_REQUEST, BODY_TOO_LARGE. */
  receive(key: string, body: Readable, bytes: number): Promise<void>;
};

export const objectsPath = '/objects/';

/** Where the files of objects are below the store's directory. */
export function objectsRoot(directory: string): string {
  return join(directory, 'objects');
}

const leftoverMs = 24 * 60 * 60 * 1_000;

/** `publicUrl` is where clients reach this process. What was begun and never finished is removed after a day. */
export async function openLocalStore(options: {
  directory: string;
  publicUrl: () => string;
  signer: UrlSigner;
}): Promise<LocalStore> {
  const root = objectsRoot(options.directory);
  const incoming = join(options.directory, 'incoming');
  for (const directory of [root, incoming]) await mkdir(directory, { recursive: true, mode: 0o700 });
  await removeLeftovers(incoming);
  const fileOf = (key: string) => {
    if (!isObjectKey(key)) throw new AppError('NOT_FOUND', 'There is no such object.');
    return join(root, key);
  };
  /** Complete or not at all. */
  const putFile = async (key: string, write: (file: string) => Promise<unknown>) => {
    const target = fileOf(key);
    const part = join(incoming, randomUUID());
    try {
      await write(part);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(part, target);
    } finally {
      await rm(part, { force: true });
    }
  };
  const link = (method: 'GET' | 'PUT', key: string, terms: { expiresAt: Date; params?: Record<string, string> }) => {
    const path = objectsPath + key;
    return `${options.publicUrl()}${path}?${options.signer.sign({ method, path, ...terms })}`;
  };
  return {
    root,
    sizeOf: (key) => sizeOfFile(fileOf(key)),
    async readText(key, maxBytes) {
      const bytes = await sizeOfFile(fileOf(key));
      if (bytes === undefined) return undefined;
      if (bytes > maxBytes) throw tooLarge(key, maxBytes);
      return readFile(fileOf(key), 'utf8');
    },
    async download(key, { file, maxBytes, signal }) {
      const bytes = await sizeOfFile(fileOf(key));
      if (bytes === undefined) return undefined;
      if (bytes > maxBytes) throw tooLarge(key, maxBytes);
      await pipeline(createReadStream(fileOf(key)), createWriteStream(file), { signal });
      return bytes;
    },
    upload: (key, { file }) => putFile(key, (part) => copyFile(file, part)),
    async removeAll(prefix) {
      const isWhole = /^[0-9a-f-]{36}\/$/.test(prefix);
      if (!isWhole) throw new AppError('INTERNAL_ERROR', `Objects are removed by asset, not by "${prefix}".`);
      await rm(join(root, prefix), { recursive: true, force: true });
    },
    async signUpload({ key, bytes, contentType, expiresAt }) {
      const url = link('PUT', key, { expiresAt, params: { bytes: String(bytes), type: contentType } });
      return { method: 'PUT', url, headers: { 'content-type': contentType }, expiresAt };
    },
    signDownload: async (key, { expiresAt }) => link('GET', key, { expiresAt }),
    receive: (key, body, bytes) =>
      putFile(key, (part) => pipeline(body, exactly(bytes), createWriteStream(part, { mode: 0o600 }))),
    stop: () => undefined,
  };
}

/** Passes on what comes as long as it is no more than `bytes`, and fails when it was fewer. */
function exactly(bytes: number) {
  return async function* count(source: AsyncIterable<Buffer>) {
    let seen = 0;
    for await (const chunk of source) {
      seen += chunk.length;
      if (seen > bytes) throw new AppError('BODY_TOO_LARGE', `The upload has more than the ${bytes} bytes announced.`);
      yield chunk;
    }
    if (seen < bytes) throw new AppError('BAD_REQUEST', `The upload has ${seen} of the ${bytes} bytes announced.`);
  };
}

async function sizeOfFile(file: string): Promise<number | undefined> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return found?.isFile() ? found.size : undefined;
}

async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > leftoverMs) await rm(file, { force: true });
  }
}

function tooLarge(key: string, maxBytes: number): AppError {
  return new AppError('INTERNAL_ERROR', `The object ${key} has more than ${maxBytes} bytes.`);
}
