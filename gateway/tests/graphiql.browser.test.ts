import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireService } from '@nova/testkit';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { startWorld } from './_world.ts';

test('the sample query of GraphiQL is answered in a browser without a network', async (test) => {
  const executablePath = requireService(test, 'chromium');
  const world = await startWorld({ APP_ENV: 'development' });
  const profile = await mkdtemp(join(tmpdir(), 'nova-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(world.gateway.url);
    await page.getByRole('button', { name: /Execute query/ }).click();
    const answer = page.locator('.result-window');
    await expect.poll(() => answer.textContent(), { timeout: 10_000 }).toContain('"displayName": "ADA"');
    expect(await answer.textContent()).toContain('"body": "Well said."');
    expect(complaints).toEqual([]);
    const elsewhere = asked.filter((url) => !url.startsWith(world.gateway.url) && !url.startsWith('data:'));
    expect(elsewhere).toEqual([]);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
    await world.stop();
  }
});
