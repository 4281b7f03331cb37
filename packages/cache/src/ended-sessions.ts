import type { RedisConnection } from './redis.ts';

/** A session whose access tokens must not be taken any more. */
export type EndedSession = { readonly id: string; readonly revokedAtMs: number };

const channel = 'nova:ended-sessions';

/** Tells every gateway at once. Who does not hear it finds out by asking identity, so nobody waits for it or minds its failing. */
export function announceEndedSession({ client }: RedisConnection, session: EndedSession): void {
  void client.publish(channel, JSON.stringify(session)).catch(() => undefined);
}

/** Calls `onEnded` for every session announced while the connection is there. Returns how to stop. */
export function hearEndedSessions({ client }: RedisConnection, onEnded: (session: EndedSession) => void): () => void {
  // A connection that subscribes can do nothing else, and hears nothing for long.
  const subscriber = client.duplicate({ socketTimeout: undefined, autoResubscribe: false });
  // What is wrong with Redis the other connection tells.
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_channel: string, text: string) => {
    const session = parse(text);
    if (session) onEnded(session);
  });
  let isStopped = false;
  // A subscription that fails is tried again on the next connection.
  subscriber.on('ready', () =>
    subscriber.subscribe(channel).catch(() => {
      if (!isStopped) subscriber.disconnect(true);
    }),
  );
  return () => {
    isStopped = true;
    subscriber.disconnect();
  };
}

function parse(text: string): EndedSession | undefined {
  try {
    const { id, revokedAtMs } = JSON.parse(text) ?? {};
    return typeof id === 'string' && typeof revokedAtMs === 'number' ? { id, revokedAtMs } : undefined;
  } catch {
    return undefined;
  }
}
