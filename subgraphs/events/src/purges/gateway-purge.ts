import type { Purge, PurgeCaches } from './purge.ts';

export type GatewayPurgeOptions = {
  /** Of their admin ports. */
  readonly urls: readonly string[];
  readonly token: string;
  purged(purge: Purge): void;
  missed(miss: { readonly url: string; readonly error: unknown }): void;
};

const timeoutMs = 1_000;

/**
 * Each gateway keeps a cache of its own. One that cannot be reached holds nobody up: what it keeps ends by its age, and
 * the next purge that reaches it empties it, as does the first of this process.
 */
export function createGatewayPurge({ urls, token, purged, missed }: GatewayPurgeOptions): PurgeCaches {
  const gateways = urls.map((url) => ({ url: new URL('/purge', url).href, missed: 1 }));
  const send = async (url: string, tags: readonly string[], { occurredAt }: Purge): Promise<void> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ tags, occurredAt: occurredAt.toISOString() }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  };
  return async (purge) => {
    const results = await Promise.all(
      gateways.map(async (gateway) => {
        // What others miss meanwhile is not made good by this.
        const { missed: owed } = gateway;
        try {
          await send(gateway.url, owed > 0 ? ['*'] : purge.tags, purge);
          gateway.missed -= owed;
          return true;
        } catch (error) {
          gateway.missed += 1;
          missed({ url: gateway.url, error });
          return false;
        }
      }),
    );
    if (results.every(Boolean)) purged(purge);
  };
}
