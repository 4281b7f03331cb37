/** The client's key as a subgraph gets it: nothing in it tells the client's own words, nor whose they are. */
export type IdempotencyKey = {
  /** Hash of the viewer and the key, then the field of the operation that the command is run for. */
  readonly key: string;
  /** Hash of all that the client asked for with it. */
  readonly fingerprint: string;
};

/** Reads `<hash>:<fingerprint>`, two SHA-256 in hex; undefined when the text is something else. */
export function parseIdempotencyKey(text: string): IdempotencyKey | undefined {
  const [, key, fingerprint] = /^([0-9a-f]{64}):([0-9a-f]{64})$/.exec(text) ?? [];
  return key !== undefined && fingerprint !== undefined ? { key, fingerprint } : undefined;
}
