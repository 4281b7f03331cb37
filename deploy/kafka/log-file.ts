import { createWriteStream, renameSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type LogFile = {
  readonly path: string;
  /** The last lines of this start. */
  tail(): string;
  follow(streams: readonly Readable[]): void;
};

const maxBytes = 10 * 1024 * 1024;
const tailLines = 25;

/** Appends what a broker prints to a file; one that grew large in earlier starts is set aside as `<path>.1`. */
export function openLogFile(path: string, onLine?: (line: string) => void): LogFile {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
  const lines: string[] = [];
  return {
    path,
    tail: () => lines.join('\n'),
    follow(streams) {
      const file = createWriteStream(path, { flags: 'a' });
      // A full disk is the broker's to report; losing its log is no reason to end.
      file.on('error', () => undefined);
      let open = streams.length;
      for (const stream of streams) {
        const reader = createInterface({ input: stream });
        reader.on('line', (line) => {
          file.write(`${line}\n`);
          lines.push(line);
          if (lines.length > tailLines) lines.shift();
          onLine?.(line);
        });
        reader.once('close', () => {
          open -= 1;
          if (open === 0) file.end();
        });
      }
    },
  };
}
