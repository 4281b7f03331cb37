import type { RedisConnection } from './redis.ts';

export type Listener = {
  onMessage(text: string): void;
  /** From now on every message of the channel is heard. */
  onHearing?(): void;
  /** Messages may be missed until `onHearing`. */
  onDeaf?(): void;
};

/** Hears a channel while the connection is there. Returns how to stop. */
export function subscribe({ client }: RedisConnection, channel: string, listener: Listener): () => void {
  // A connection that subscribes can do nothing else, and hears nothing for long.
  const subscriber = client.duplicate({ socketTimeout: undefined, autoResubscribe: false });
  // What is wrong with Redis the other connection tells.
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_channel: string, text: string) => listener.onMessage(text));
  subscriber.on('close', () => listener.onDeaf?.());
  let isStopped = false;
  const renew = () => {
    // One that is being made anew already would be ended for good.
    if (!isStopped && subscriber.status === 'ready') subscriber.disconnect(true);
  };
  // Who only listens does not notice a connection that hangs. Who commands does, and both go the same way.
  client.on('close', renew);
  // A subscription that fails is tried again on the next connection.
  subscriber.on('ready', () => subscriber.subscribe(channel).then(() => listener.onHearing?.(), renew));
  return () => {
    isStopped = true;
    subscriber.disconnect();
  };
}
