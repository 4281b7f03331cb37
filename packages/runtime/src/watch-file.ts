import { readFile, stat } from 'node:fs/promises';

export type WatchedFile = { stop(): void };

/**
 * Hands the text of a file to `onText`, now and after every change on disk, one at a time (what takes
 * long is waited for). The first time an error
 * rejects the promise; later it goes to `onError`, once per change, and the watching goes on. The file is polled,
 * because change notifications do not work on every mounted volume, and read when two looks in a row agree, so that
 * it is not caught half written.
 */
export async function watchFile(options: {
  file: string;
  pollMs: number;
  onText(text: string): void | Promise<void>;
  onError(error: unknown): void;
}): Promise<WatchedFile> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let read = await fingerprint(options.file);
  let seen = read;
  await options.onText(await readFile(options.file, 'utf8'));
  const poll = async () => {
    try {
      const current = await fingerprint(options.file);
      const settled = current === seen;
      seen = current;
      if (settled && current !== read) {
        read = current;
        const text = await readFile(options.file, 'utf8');
        if (!stopped) await options.onText(text);
      }
    } catch (error) {
      if (!stopped) options.onError(error);
    }
    schedule();
  };
  const schedule = () => {
    if (!stopped) timer = setTimeout(() => void poll(), options.pollMs).unref();
  };
  schedule();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Changes whenever the file was written, replaced or removed. */
async function fingerprint(file: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(file, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw error;
  }
}
