import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** The operating-system user that PostgreSQL runs as, when that is not simply us. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/**
 * PostgreSQL refuses to run as root. For root this is the owner of the cluster when there is one, else the user
 * `postgres`, else `nobody`; for everybody else undefined: the server runs as the caller.
 */
export function serverAccount(clusterDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(clusterDir)) {
    const { uid, gid } = statSync(clusterDir);
    if (uid !== 0) return { name: `user ${uid}`, uid, gid };
  }
  const account = passwdEntry('postgres') ?? passwdEntry('nobody');
  if (!account) {
    throw new EmbeddedPostgresError(
      'PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody: start as an ordinary user.',
    );
  }
  return account;
}

function passwdEntry(name: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid && uid !== '0' ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Throws, naming the directory and what to do, when the account cannot get at its data or its programs. */
export function requireReachable(account: Account, paths: { homeDir: string; binaries: Binaries }): void {
  const program = realpathSync(paths.binaries.postgres);
  const toProgram = firstClosed(account, [...ancestors(dirname(program)), program]);
  if (toProgram) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, so it runs as ${account.name}, who may not enter ${toProgram}, where its programs lie.\n` +
        'Another --data-dir does not help: move this clone to a directory that is open to all (such as /srv/nova), ' +
        `start as an ordinary user, or open this one: chmod o+x ${toProgram}`,
    );
  }
  const toData = firstClosed(account, ancestors(realpathSync(paths.homeDir)));
  if (toData) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, so it runs as ${account.name}, who may not enter ${toData}.\n` +
        'Choose another data directory (--data-dir /var/lib/nova), or open this one: ' +
        `chmod o+x ${toData}`,
    );
  }
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestors(parent), path];
}

/** Asks the system itself, as that user: mode bits alone do not know about access lists. */
function firstClosed(account: Account, paths: readonly string[]): string | undefined {
  const script = 'for path; do test -x "$path" || { printf %s "$path"; exit 1; }; done';
  const result = spawnSync('/bin/sh', ['-c', script, 'sh', ...paths], {
    uid: account.uid,
    gid: account.gid,
    cwd: '/',
    encoding: 'utf8',
  });
  return result.status === 1 ? result.stdout : undefined;
}
