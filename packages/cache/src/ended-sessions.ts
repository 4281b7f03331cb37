import type { RedisConnection } from './redis.ts';
import { subscribe } from './subscription.ts';

/** A session whose access tokens must not be taken any more. */
export type EndedSession = { readonly id: string; readonly revokedAtMs: number };

const channel = 'nova:ended-sessions';

/** Tells every gateway at once. Who does not hear it finds out by asking identity, so nobody waits for it or minds its failing. */
export function announceEndedSession({ client }: RedisConnection, session: EndedSession): void {
  void client.publish(channel, JSON.stringify(session)).catch(() => undefined);
}

/** Calls `onEnded` for every session announced while the connection is there. Returns how to stop. */
export function hearEndedSessions(connection: RedisConnection, onEnded: (session: EndedSession) => void): () => void {
  return subscribe(connection, channel, {
    onMessage(text) {
      const session = parse(text);
      if (session) onEnded(session);
    },
  });
}

function parse(text: string): EndedSession | undefined {
  try {
    const { id, revokedAtMs } = JSON.parse(text) ?? {};
    return typeof id === 'string' && typeof revokedAtMs === 'number' ? { id, revokedAtMs } : undefined;
  } catch {
    return undefined;
  }
}
