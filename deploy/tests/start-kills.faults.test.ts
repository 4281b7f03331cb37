import { rmSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { newDataDir, nothingLeft, processesOn, startsOn } from './running-nova.ts';

const dataDir = newDataDir();
const { start, ready, processNamed, endAll } = startsOn(dataDir);

afterEach(endAll);
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe.skipIf(process.platform !== 'linux')('a Nova that is killed', () => {
  test('leaves nothing behind when start.mjs is killed', async () => {
    const nova = await ready();
    nova.child.kill('SIGKILL');
    await nothingLeft(dataDir);
  });

  test('leaves nothing behind when the launcher is killed', async () => {
    const nova = await ready();
    process.kill(processNamed('launcher/main.ts'), 'SIGKILL');
    expect(await nova.ended).toBe(1);
    await nothingLeft(dataDir);
  });

  test('leaves nothing behind when npm is killed', async () => {
    const nova = await ready({ command: ['npm', 'start', '--'] });
    nova.child.kill('SIGKILL');
    await nothingLeft(dataDir);
  });

  test('starts again after everything that could clean up was killed at once', async () => {
    const nova = await ready();
    const gateway = processNamed('gateway/src/bin/server.ts');
    process.kill(gateway, 'SIGSTOP');
    process.kill(processNamed('launcher/main.ts'), 'SIGKILL');
    nova.child.kill('SIGKILL');
    await nova.ended;
    const next = await start({ port: nova.port });
    await vi.waitUntil(() => next.output().includes('Ready in') || next.child.exitCode !== null, { timeout: 60_000 });
    expect(next.output()).toMatch(/the last start was killed|processes of the killed start ended/);
    expect(next.output()).toContain('Ready in');
    expect(processesOn(dataDir).map(({ pid }) => pid)).not.toContain(gateway);
  });
});
