import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import {
  freeBasePort,
  type Nova,
  newDataDir,
  processesOn,
  root,
  startNova,
  startScript,
  startsOn,
} from './running-nova.ts';

const dataDir = newDataDir();
const { start, ready, processNamed, endAll } = startsOn(dataDir);

async function ask(nova: Nova, query: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${nova.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

afterEach(endAll);

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

test('--help explains the options and starts nothing', () => {
  const { stdout, status } = spawnSync('node', [startScript, '--help'], { encoding: 'utf8' });
  expect(status).toBe(0);
  for (const option of [
    '--port',
    '--data-dir',
    '--reset',
    '--seed-size',
    '--host',
    '--kafka',
    '--redis',
    '--workers',
    '--verbose',
  ])
    expect(stdout).toContain(option);
});

test('every bad option is named at once, before anything is made', () => {
  const untouched = newDataDir();
  const args = [startScript, '--data-dir', untouched, '--port', 'high', '--seed-size', '5x', '--workers', '2'];
  const { stderr, status } = spawnSync('node', args, { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/--port must be .* not "high"\.\n--seed-size must be .* not "5x"\.\n--workers needs --redis/);
  expect(existsSync(untouched)).toBe(false);
});

test.each([
  ['6000', 6000],
  ['5050', 5060],
])('base port %s is refused for the port that no browser opens', (base, port) => {
  const { stderr, status } = spawnSync('node', [startScript, '--port', base], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain(`--port ${base} needs port ${port}, which browsers and fetch refuse to use.`);
});

test.each([
  { written: '--port=70000', npm: { npm_config_port: '70000' }, args: [] },
  { written: '--port 70000', npm: { npm_config_port: 'true' }, args: ['70000'] },
  { written: '-- --port 70000', npm: {}, args: ['--port', '70000'] },
])('npm start $written reaches the launcher', ({ npm, args }) => {
  const env = { PATH: process.env.PATH, ...npm };
  const { stderr } = spawnSync('node', [startScript, ...args], { encoding: 'utf8', env });
  expect(stderr).toContain('--port must be a whole number from 1 to 65437, not "70000"');
});

describe.skipIf(process.platform !== 'linux')('a started Nova', () => {
  test('is ready when the sample query was answered as printed, keeps others off, and ends in order on SIGTERM', async () => {
    const nova = await ready();
    const [, query = ''] = /A query to paste:\n\n([\s\S]*?)\n\nIts answer/.exec(nova.output()) ?? [];
    const [, answer = ''] = /just gave it:\n\n(.*)\n/.exec(nova.output()) ?? [];
    expect(await ask(nova, query)).toEqual(JSON.parse(answer));

    const second = startNova({ port: await freeBasePort(), dataDir });
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`process ${nova.child.pid}, http://127.0.0.1:${nova.port}/`);

    const killed = processNamed('subgraphs/user/src/bin/main.ts');
    process.kill(killed, 'SIGKILL');
    await nova.printed(/user +\| is back/);
    expect(processNamed('subgraphs/user/src/bin/main.ts')).not.toBe(killed);
    expect(await ask(nova, query)).toEqual(JSON.parse(answer));

    nova.child.kill('SIGTERM');
    expect(await nova.ended).toBe(0);
    expect(processesOn(dataDir)).toEqual([]);
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
  });

  test('keeps its secrets to its user', () => {
    expect(statSync(join(dataDir, 'keys')).mode & 0o777).toBe(0o700);
    for (const file of ['identity-private.pem', 'access-token-private.pem', 'database-passwords.json'])
      expect(statSync(join(dataDir, 'keys', file)).mode & 0o777).toBe(0o600);
  });

  test('finds its data again, and ends in order on SIGINT', async () => {
    const secret = readFileSync(join(dataDir, 'keys/access-token-private.pem'), 'utf8');
    const nova = await ready();
    expect(nova.output()).not.toMatch(/keys made|people and what they say/);
    expect(readFileSync(join(dataDir, 'keys/access-token-private.pem'), 'utf8')).toBe(secret);
    nova.child.kill('SIGINT');
    expect(await nova.ended).toBe(0);
    expect(processesOn(dataDir)).toEqual([]);
  });

  test('does not quietly ignore another seed size', async () => {
    const nova = startNova({ port: await freeBasePort(), dataDir, args: ['--seed-size', '30'] });
    expect(await nova.ended).toBe(1);
    expect(nova.output()).toContain('made for 20 people, not 30');
    expect(nova.output()).toContain('--reset');
    expect(processesOn(dataDir)).toEqual([]);
  });

  test('names a taken port, what it is for and who holds it', async () => {
    const port = await freeBasePort();
    const holder = createServer().listen(port + 21, '127.0.0.1');
    await once(holder, 'listening');
    const nova = startNova({ port, dataDir });
    expect(await nova.ended).toBe(1);
    holder.close();
    expect(nova.output()).toContain(`Port ${port + 21} (for gRPC of user) is in use by process ${process.pid} (`);
    expect(nova.output()).toMatch(/npm start -- --port \d+/);
  });

  test('leaves nothing behind when it is stopped while starting', async () => {
    const nova = await start();
    await nova.printed('✓ PostgreSQL');
    nova.child.kill('SIGTERM');
    expect(await nova.ended).toBe(0);
    expect(processesOn(dataDir)).toEqual([]);
  });
});

test('the tests start what npm start starts', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(scripts.start).toBe('exec node deploy/dev/start.mjs');
});
