import type { Manifest } from '../persisted/manifest.ts';

/** Names that clients choose, as labels of series: one that the manifest does not have is `other`, else clients could make up series. */
export type Labels = {
  operation(name: string | undefined): string;
  client(name: string | undefined): string;
  /** Learns the names of a manifest in place of those of the last. */
  learn(manifest: Manifest): void;
};

/** `trustedClients` are known as well, whatever the manifest says. */
export function createLabels(trustedClients: Iterable<string>): Labels {
  const trusted = new Set(trustedClients);
  let operations: ReadonlySet<string> = new Set();
  let clients: ReadonlySet<string> = trusted;
  return {
    operation: (name = '') => (operations.has(name) ? name : 'other'),
    client: (name = '') => (clients.has(name) ? name : 'other'),
    learn(manifest) {
      const known = [...manifest.values()];
      operations = new Set(known.map(({ name }) => name));
      clients = new Set([...trusted, ...known.flatMap((operation) => operation.clients)]);
    },
  };
}
