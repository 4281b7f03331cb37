import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { requireService, startRedis } from '../src/index.ts';

test("a test's Redis is its own: two run side by side, and stop leaves none", async (context) => {
  const program = requireService(context, 'redis');
  const [one, two] = await Promise.all([startRedis(program), startRedis(program)]);
  expect(await command(one.url, 'SET mine 1')).toBe('+OK');
  expect(await command(two.url, 'GET mine')).toBe('$-1');
  await Promise.all([one.stop(), two.stop(), one.stop()]);
  await expect(command(one.url, 'PING')).rejects.toThrow('ECONNREFUSED');
});

async function command(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${text}\r\n`);
  const [data] = await once(socket, 'data');
  socket.destroy();
  return String(data).split('\r\n')[0] as string;
}
