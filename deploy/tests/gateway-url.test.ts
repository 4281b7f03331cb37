import { expect, test } from 'vitest';
import { gatewayUrl } from '../dev/launcher/options.ts';

test.each([
  ['127.0.0.1', 'http://127.0.0.1:4000/graphql'],
  ['0.0.0.0', 'http://127.0.0.1:4000/graphql'],
  ['::', 'http://127.0.0.1:4000/graphql'],
  ['192.168.1.5', 'http://192.168.1.5:4000/graphql'],
  ['::1', 'http://[::1]:4000/graphql'],
])('a gateway that listens on %s is asked at %s', (host, url) => {
  expect(gatewayUrl({ host, port: 4000 }, '/graphql')).toBe(url);
});
