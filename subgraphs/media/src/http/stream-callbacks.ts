import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '@nova/errors';
import type { HttpApp } from '@nova/subgraph';
import {
  callbackToleranceSeconds,
  type LiveStreamCommands,
  type StreamCallback,
} from '../assets/live-stream-commands.ts';

export const callbackHeaders = { timestamp: 'x-nova-timestamp', signature: 'x-nova-signature' } as const;

const paths = { begin: '/streams/on_publish', end: '/streams/on_done' } as const;

/** The signature of a callback: HMAC-SHA256 over its time (milliseconds since 1970), path and body, each on a line. */
export function signCallback(
  key: string,
  { timestamp, path, body }: { timestamp: string; path: string; body: string },
) {
  return createHmac('sha256', key).update(`${timestamp}\n${path}\n${body}`).digest();
}

/**
 * What the media server calls, in the form of nginx-rtmp's `on_publish` and `on_done`. A stream that may begin is renamed
 * to its asset's id, so that its viewers do not learn the key.
 */
export function serveStreamCallbacks(
  app: HttpApp,
  { streams, callbackKey }: { streams: LiveStreamCommands; callbackKey: string },
): void {
  app.register(async (scope) => {
    const form = 'application/x-www-form-urlencoded';
    scope.addContentTypeParser(form, { parseAs: 'string', bodyLimit: 8_192 }, (_request, body, done) =>
      done(null, body),
    );
    scope.post(paths.begin, async ({ headers, body }, reply) => {
      const id = await streams.begin(callbackOf({ callbackKey, path: paths.begin, headers, body: String(body) }));
      return reply.code(302).header('location', id).send();
    });
    scope.post(paths.end, async ({ headers, body }, reply) => {
      await streams.end(callbackOf({ callbackKey, path: paths.end, headers, body: String(body) }));
      return reply.code(204).send();
    });
  });
}

/** Throws FORBIDDEN unless the media server signed it just now, BAD_REQUEST without the stream's name. */
function callbackOf(call: {
  callbackKey: string;
  path: string;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}): StreamCallback {
  const timestamp = String(call.headers[callbackHeaders.timestamp] ?? '');
  const given = Buffer.from(String(call.headers[callbackHeaders.signature] ?? ''), 'hex');
  const expected = signCallback(call.callbackKey, { ...call, timestamp });
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new AppError('FORBIDDEN', 'The callback is not signed by the media server.');
  if (!(Math.abs(Date.now() - Number(timestamp)) <= callbackToleranceSeconds * 1_000))
    throw new AppError('FORBIDDEN', 'The callback is too old, or a clock is off.');
  const name = new URLSearchParams(call.body).get('name') ?? '';
  if (name === '') throw new AppError('BAD_REQUEST', 'The callback names no stream.');
  return { name, signature: given };
}
