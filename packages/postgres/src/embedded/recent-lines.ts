import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export type RecentLines = {
  readonly lines: readonly string[];
  follow(stream: Readable): void;
};

/** Keeps the last `max` lines of the streams it follows, and hands each one to `onLine`. */
export function recentLines(max: number, onLine?: (line: string) => void): RecentLines {
  const lines: string[] = [];
  return {
    lines,
    follow(stream) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > max) lines.shift();
        onLine?.(line);
      });
    },
  };
}
