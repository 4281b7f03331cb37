import { statSync } from 'node:fs';
import { join } from 'node:path';
import { filesMatching } from '../bootstrap/fingerprint.mjs';

const everyMs = 300;

/**
 * Calls `onChange` with the files that were edited, added or removed, once they have been quiet for a moment. It looks
 * at modification times, because change events are lost on mounted folders and when editors replace files. Changes that
 * come while `onChange` works are handed over together afterwards.
 */
export function watchFiles(options: {
  root: string;
  patterns: readonly string[];
  onChange(files: ReadonlySet<string>): Promise<void>;
}): { stop(): void } {
  let known = snapshot(options);
  let changed = new Set<string>();
  let busy = false;
  const look = () => {
    const now = snapshot(options);
    const news = [...new Set([...known.keys(), ...now.keys()])].filter((file) => known.get(file) !== now.get(file));
    known = now;
    for (const file of news) changed.add(file);
    if (busy || news.length > 0 || changed.size === 0) return;
    busy = true;
    const handed = changed;
    changed = new Set();
    void options.onChange(handed).finally(() => {
      busy = false;
    });
  };
  const timer = setInterval(look, everyMs);
  return { stop: () => clearInterval(timer) };
}

function snapshot(options: { root: string; patterns: readonly string[] }): Map<string, string> {
  return new Map(
    filesMatching(options.root, options.patterns).map((file) => {
      const stats = statSync(join(options.root, file), { throwIfNoEntry: false });
      return [file, `${stats?.mtimeMs} ${stats?.size}`];
    }),
  );
}
