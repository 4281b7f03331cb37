import { createHash, timingSafeEqual } from 'node:crypto';

export type TrustedClients = {
  /** The name of the client whose key this is. */
  nameOf(key: string | undefined): string | undefined;
};

/** Clients that may send texts, by name, each with the SHA-256 (hex) of the key that it sends. */
export function createTrustedClients(hashes: ReadonlyMap<string, string>): TrustedClients {
  const known = [...hashes].map(([name, hash]) => ({ name, hash: Buffer.from(hash, 'hex') }));
  return {
    nameOf(key) {
      if (key === undefined || known.length === 0) return undefined;
      const given = createHash('sha256').update(key).digest();
      return known.find(({ hash }) => timingSafeEqual(hash, given))?.name;
    },
  };
}
