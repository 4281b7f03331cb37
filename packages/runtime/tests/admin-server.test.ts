import { expect, test } from 'vitest';
import { createMetrics, startAdminServer } from '../src/index.ts';

test('a dependency that does not answer is named as not ready within seconds, and the process stays alive', async () => {
  const checks = [
    { name: 'database', check: () => new Promise<void>(() => {}) },
    { name: 'broker', check: () => Promise.reject(new Error('refused')) },
    { name: 'cache', check: () => {} },
  ];
  const admin = await startAdminServer({ host: '127.0.0.1', port: 0, metrics: createMetrics('test'), checks });
  try {
    const answer = await fetch(`${admin.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'not ready',
      failed: [
        { name: 'database', reason: 'No answer within 2000 ms.' },
        { name: 'broker', reason: 'refused' },
      ],
    });
    expect((await fetch(`${admin.url}/livez`)).status).toBe(200);
    expect(await (await fetch(`${admin.url}/metrics`)).text()).toContain('process_cpu_seconds_total');
    expect((await fetch(`${admin.url}/`)).status).toBe(404);
  } finally {
    await admin.stop();
    await admin.stop();
  }
});
