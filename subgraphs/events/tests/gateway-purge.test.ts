import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createGatewayPurge } from '../src/purges/gateway-purge.ts';

const token = 'a-token-that-is-long-enough-for-a-gateway';

/** Takes purges as a gateway does, or refuses them. */
async function startTaker() {
  const taken: unknown[] = [];
  let isRefusing = false;
  const server = createServer(async (request, response) => {
    const { tags } = (await json(request)) as { tags: unknown };
    expect([request.url, request.headers.authorization]).toEqual(['/purge', `Bearer ${token}`]);
    if (!isRefusing) taken.push(tags);
    response.writeHead(isRefusing ? 503 : 200).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const refuse = (value: boolean) => {
    isRefusing = value;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken, refuse };
}

test('a gateway that missed a purge holds nobody up, and the next that it takes empties its cache', async () => {
  const [one, other] = [await startTaker(), await startTaker()];
  const missed: string[] = [];
  const purged: string[][] = [];
  const purge = createGatewayPurge({
    urls: [one.url, other.url],
    token,
    purged: ({ tags }) => purged.push([...tags]),
    missed: ({ url }) => missed.push(url),
  });
  const send = (tag: string) => purge({ tags: [tag], eventType: 'test', occurredAt: new Date() });
  await send('User:1');
  await send('User:2');
  other.refuse(true);
  await send('User:3');
  other.refuse(false);
  await send('User:4');
  await send('User:5');
  // What either kept before this process was there is not known.
  expect(one.taken).toEqual([['*'], ['User:2'], ['User:3'], ['User:4'], ['User:5']]);
  expect(other.taken).toEqual([['*'], ['User:2'], ['*'], ['User:5']]);
  expect(missed).toEqual([`${other.url}/purge`]);
  expect(purged).toEqual([['User:1'], ['User:2'], ['User:4'], ['User:5']]);
});
