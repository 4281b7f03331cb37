import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { z } from 'zod';
import { type ApnsCredentials, createProviderToken } from './apns-provider-token.ts';
import { type PushAdapter, type PushOutcome, pushData, retryAfterMs } from './push-adapter.ts';
import type { PushJob } from './push-job-repository.ts';

const errorSchema = z.object({ reason: z.string() });
const goneReasons = ['BadDeviceToken', 'Unregistered', 'DeviceTokenNotForTopic', 'ExpiredToken'];

/** Apple Push Notification service over one HTTP/2 connection. `url` is the service's origin. */
export function createApnsAdapter({ credentials, url }: { credentials: ApnsCredentials; url: string }): PushAdapter {
  const providerToken = createProviderToken(credentials);
  const connection = createConnection(url);
  return {
    platform: 'APNS',
    async send(job, signal) {
      const headers = {
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/3/device/${encodeURIComponent(job.token)}`,
        authorization: `bearer ${await providerToken.get()}`,
        'apns-id': job.id,
        'apns-topic': credentials.topic,
        'apns-push-type': 'alert',
        'apns-collapse-id': job.notificationId,
        'content-type': 'application/json',
      };
      const stream = connection.session().request(headers, { signal });
      // A connection on which nothing comes back is not asked again.
      signal.addEventListener('abort', connection.drop, { once: true });
      try {
        const answer = await exchange(stream, JSON.stringify(payload(job)));
        if (answer.reason === 'ExpiredProviderToken') providerToken.forget();
        return outcomeOf(answer);
      } finally {
        signal.removeEventListener('abort', connection.drop);
      }
    },
    stop: connection.drop,
  };
}

/** The app's own texts by kind; it may ask Nova for more before it shows them. */
function payload(job: PushJob): object {
  return { aps: { alert: { 'loc-key': `NOTIFICATION_${job.kind}` }, 'mutable-content': 1 }, ...pushData(job) };
}

/** Connects when it is used first, and again after the connection has ended. */
function createConnection(url: string): { session(): ClientHttp2Session; drop(): void } {
  let current: ClientHttp2Session | undefined;
  return {
    session() {
      if (current && !current.closed && !current.destroyed) return current;
      const session = connect(url);
      // Whoever waits for an answer is told by its own stream.
      session.on('error', () => undefined);
      session.on('goaway', () => session.close());
      current = session;
      return session;
    },
    drop() {
      current?.close();
      current = undefined;
    },
  };
}

type Answer = { readonly status: number; readonly reason: string; readonly retryAfter: string | undefined };

async function exchange(stream: ClientHttp2Stream, body: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const chunks: Buffer[] = [];
  let status = 0;
  let retryAfter: string | undefined;
  stream.on('response', (headers) => {
    status = Number(headers[constants.HTTP2_HEADER_STATUS]);
    retryAfter = headers['retry-after'];
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', reject);
  stream.on('close', () => {
    if (status === 0) reject(new Error('The connection to APNs ended without an answer.'));
    else resolve({ status, retryAfter, reason: reasonOf(Buffer.concat(chunks).toString()) });
  });
  stream.end(body);
  return promise;
}

function reasonOf(text: string): string {
  try {
    return errorSchema.parse(JSON.parse(text)).reason;
  } catch {
    return '';
  }
}

function outcomeOf({ status, reason, retryAfter }: Answer): PushOutcome {
  if (status === 200) return { kind: 'sent' };
  if (status === 410 || goneReasons.includes(reason)) return { kind: 'gone' };
  const why = reason || `status ${status}`;
  const isForNow = status === 429 || status >= 500 || status === 403;
  if (!isForNow) return { kind: 'rejected', reason: why };
  const waits = retryAfterMs(retryAfter);
  return { kind: 'later', reason: why, ...(waits === undefined ? {} : { retryAfterMs: waits }) };
}
