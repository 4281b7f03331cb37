import { expect, test } from 'vitest';
import { startContent } from './_content.ts';

test('while the database is away every answer is retryable and readiness says so; afterwards both recover', async () => {
  const content = await startContent();
  const readiness = async () => (await fetch(`${content.content.adminUrl}/readyz`)).status;
  const read = () => content.send(`{ posts(first: 1) { nodes { id } } }`);
  try {
    expect(await readiness()).toBe(200);
    await content.database.whileAway(async () => {
      const answer = await read();
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
      expect(await readiness()).toBe(503);
    });
    expect((await read()).errors).toEqual([]);
    expect(await readiness()).toBe(200);
  } finally {
    await content.stop();
  }
});
