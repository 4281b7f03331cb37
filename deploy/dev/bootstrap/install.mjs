import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Advice } from './advice.mjs';
import { filesMatching, fingerprint } from './fingerprint.mjs';
import { hasNode24, packageManager, root } from './machine.mjs';
import { withProgress } from './progress.mjs';

const stamp = join(root, 'node_modules/.nova-installed');
const manifests = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'];
const workspaces = [
  '',
  'proto/',
  'schema/',
  'persisted-queries/',
  'gateway/',
  'subgraphs/*/',
  'packages/*/',
  'deploy/',
  'deploy/node/',
];

function wanted() {
  const files = filesMatching(root, [...manifests, ...workspaces.map((folder) => `${folder}package.json`)]);
  return fingerprint(root, files, [process.platform, process.arch]);
}

export function isInstalled() {
  return hasNode24() && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();
}

/** Installs exactly what the lockfile says, with the pinned pnpm, which npx fetches when it is not there. */
export async function install({ signal, onPid }) {
  const fingerprintBefore = wanted();
  await withProgress({ title: 'installing packages (once; a minute or two)', done: 'packages installed' }, (detail) =>
    runPnpm({ signal, onPid, detail }),
  );
  if (!hasNode24()) {
    throw new Advice(
      'The packages are installed, but Node 24 is not among them: does an npm setting omit optional packages?',
    );
  }
  writeFileSync(stamp, fingerprintBefore);
}

function runPnpm({ signal, onPid, detail }) {
  const args = ['--yes', packageManager(), 'install', '--frozen-lockfile', '--prod=false', '--reporter=append-only'];
  // A process group of its own, so that one signal ends npx, pnpm and the scripts they run.
  const child = spawn('npx', args, { cwd: root, env: installEnv(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // Gone already.
    }
  };
  signal?.addEventListener('abort', end, { once: true });
  let output = '';
  const follow = (chunk) => {
    output += chunk;
    const [progress] =
      String(chunk)
        .match(/Progress: .*/g)
        ?.slice(-1) ?? [];
    if (progress) detail(summary(progress));
  };
  return new Promise((resolve, reject) => {
    child.stdout.on('data', follow);
    child.stderr.on('data', follow);
    child.once('spawn', () => onPid?.(child.pid));
    child.once('error', () =>
      reject(new Advice('npx was not found. Nova needs npm, which comes with Node.js: https://nodejs.org')),
    );
    child.once('close', (code) => {
      signal?.removeEventListener('abort', end);
      if (code === 0) resolve();
      else if (signal?.aborted) reject(signal.reason);
      else reject(new Advice(explain(output)));
    });
  });
}

/** "Progress: resolved 812, reused 0, downloaded 311, added 290" in fewer words. */
function summary(line) {
  const count = (word) => Number(new RegExp(`${word} (\\d+)`).exec(line)?.[1] ?? 0);
  return `${count('reused') + count('downloaded')} of ${count('resolved')}`;
}

function installEnv() {
  const env = { ...process.env };
  // Options of `npm start --port ...` look like npm's own to the npm we start.
  for (const name of ['port', 'host', 'data_dir', 'reset', 'seed_size', 'omit', 'production', 'loglevel'])
    delete env[`npm_config_${name}`];
  delete env.NODE_ENV;
  return {
    ...env,
    PATH: `${env.PATH ?? ''}${delimiter}${dirname(process.execPath)}`,
    // The PostgreSQL binaries need their install script, whatever the user's npmrc says; pnpm runs only those on its list.
    npm_config_ignore_scripts: 'false',
    npm_config_unsafe_perm: 'true',
    npm_config_confirm_modules_purge: 'false',
    npm_config_update_notifier: 'false',
  };
}

const explanations = [
  [
    /ERR_PNPM_OUTDATED_LOCKFILE/,
    () => `pnpm-lock.yaml does not fit the package.json files. Update it: npx ${packageManager()} install`,
  ],
  [/ENOSPC|No space left/, () => 'The disk is full: free some space and start again.'],
  [/EACCES|EPERM/, () => 'A file may not be written: was this clone, or the npm cache, made by another user (root)?'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_PNPM_META_FETCH_FAIL|ERR_SOCKET_TIMEOUT/,
    () =>
      'The package registry cannot be reached. The first start needs the network (later ones do not): check the connection, proxy and npm registry settings.',
  ],
];

function explain(output) {
  const hint = explanations.find(([pattern]) => pattern.test(output))?.[1]();
  return `${output.trim()}\n\nThe packages could not be installed; what the installer printed is above.${hint ? `\n${hint}` : ''}`;
}
