import { createHash } from 'node:crypto';

export type PersistedOperation = {
  readonly id: string;
  readonly name: string;
  readonly body: string;
  /** The clients that were built with it, as far as manifests say. */
  readonly clients: readonly string[];
};

/** The operations a client build may send, by id. */
export type Manifest = ReadonlyMap<string, PersistedOperation>;

export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/**
 * Reads a manifest in Apollo's format (version 1) and checks each id against its text.
 * Throws `ManifestError` that names the first entry which is wrong.
 */
export function parseManifest(text: string): Manifest {
  const { format, version, operations } = parseObject(text);
  if (format !== 'apollo-persisted-query-manifest' || version !== 1)
    throw new ManifestError('The manifest is not of the format apollo-persisted-query-manifest, version 1.');
  if (!Array.isArray(operations)) throw new ManifestError('The manifest has no list of operations.');
  return joinOperations(operations.map(toOperation));
}

/** An id is the hash of its text: the same id twice is the same operation, of several clients. */
export function joinOperations(operations: Iterable<PersistedOperation>): Manifest {
  const manifest = new Map<string, PersistedOperation>();
  for (const operation of operations) {
    const clients = new Set([...(manifest.get(operation.id)?.clients ?? []), ...operation.clients]);
    manifest.set(operation.id, { ...operation, clients: [...clients] });
  }
  return manifest;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function toOperation(entry: unknown, index: number): PersistedOperation {
  const { id, name, body, clientName } = (entry ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || typeof name !== 'string' || typeof body !== 'string')
    throw new ManifestError(`Operation ${index} of the manifest lacks id, name or body.`);
  if (sha256(body) !== id) throw new ManifestError(`The id of ${name} is not the SHA-256 of its body.`);
  return { id, name, body, clients: typeof clientName === 'string' ? [clientName] : [] };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    throw new ManifestError('The manifest is not JSON.', { cause: error });
  }
}
