/** An answer as the client got it. */
export type StoredAnswer = { readonly status: number; readonly body: string };

export type Begun =
  /** Nobody has the key; `token` proves later that it is still ours. */
  | { readonly kind: 'begun'; readonly token: string }
  | { readonly kind: 'running' }
  /** The key came with another fingerprint. */
  | { readonly kind: 'reused' }
  | { readonly kind: 'done'; readonly answer: StoredAnswer };

/** Remembers what became of requests with a key. Every method may reject while the engine is away. */
export type IdempotencyStore = {
  /** Takes the key for `leaseMs`, after which anybody may take it again. */
  begin(scope: string, fingerprint: string, leaseMs: number): Promise<Begun>;
  /** Keeps the answer for 24 hours, unless the lease is over and somebody else has the key. */
  finish(scope: string, token: string, answer: StoredAnswer): Promise<void>;
  /** Gives the key up, unless the lease is over and somebody else has it. */
  release(scope: string, token: string): Promise<void>;
};

export const keepAnswerMs = 24 * 60 * 60 * 1000;
