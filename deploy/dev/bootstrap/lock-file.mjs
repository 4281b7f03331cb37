import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identify, isRunning } from './processes.mjs';

/**
 * Takes a lock file for this process. It holds JSON: `owners` (the processes that keep it alive) and `facts` (what
 * others may want to know). A lock whose owners are all gone is taken over and its facts are handed back.
 *
 * @returns {{ kind: 'held', facts: object, pid: number }
 *   | { kind: 'taken', stale: object | undefined, update(change: { owners?: number[], facts?: object }): void, release(): void }}
 */
export function takeLock(file, facts) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  const content = { owners: [identify(process.pid)], facts };
  let stale;
  try {
    for (;;) {
      writeFileSync(mine, JSON.stringify(content));
      if (linked(mine, file)) break;
      const raw = readIfThere(file);
      if (raw === undefined) continue;
      const found = parsed(raw);
      const owner = found?.owners.find(isRunning);
      if (owner) return { kind: 'held', facts: found.facts, pid: owner.pid };
      if (removeIfStill(file, raw)) stale = found?.facts;
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    kind: 'taken',
    stale,
    update({ owners, facts }) {
      if (owners) content.owners = [process.pid, ...owners].map(identify).filter(Boolean);
      if (facts) content.facts = { ...content.facts, ...facts };
      writeFileSync(mine, JSON.stringify(content));
      renameSync(mine, file);
    },
    release() {
      rmSync(file, { force: true });
    },
  };
}

/** A link either comes into being with its content or not at all, so nobody reads half a lock. */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed(raw) {
  try {
    const content = JSON.parse(raw);
    return Array.isArray(content.owners) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file unless somebody has replaced it since `raw` was read; then it is put back. */
function removeIfStill(file, raw) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  const same = readIfThere(aside) === raw;
  if (!same) linked(aside, file);
  rmSync(aside, { force: true });
  return same;
}
