import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files below `root` that match one of the patterns; a pattern is a path whose last folders may be `*` or `**`. */
export function filesMatching(root, patterns) {
  return patterns.flatMap((pattern) => expand(root, '', pattern.split('/'))).sort();
}

function expand(root, at, [head, ...rest]) {
  if (head === undefined) return statSync(join(root, at), { throwIfNoEntry: false })?.isFile() ? [at] : [];
  if (!head.includes('*')) return expand(root, join(at, head), rest);
  const entries = entriesOf(join(root, at)).filter(({ name }) => !skipped.has(name));
  if (head === '**') {
    const deeper = entries
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => expand(root, join(at, name), ['**', ...rest]));
    return [...expand(root, at, rest), ...deeper];
  }
  const [before, after] = head.split('*');
  return entries
    .filter(({ name }) => name.startsWith(before) && name.endsWith(after))
    .flatMap(({ name }) => expand(root, join(at, name), rest));
}

const skipped = new Set(['node_modules', 'gen', 'generated', 'third_party']);

function entriesOf(dir) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** A hash of the names and contents of files, and of further facts. */
export function fingerprint(root, files, facts = []) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
