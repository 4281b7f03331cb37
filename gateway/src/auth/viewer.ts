import type { Identity, IdentitySigner } from '@nova/runtime';

/** Who a request acts for. */
export type Viewer = {
  readonly identity: Identity;
  /** The identity, signed for subgraphs. */
  forwardedIdentity(): Promise<string>;
};

/** Signed identities live 60 s. One this old is not used again, so that it outlives the request it goes out with. */
const reuseMs = 25_000;

export function createViewer(identity: Identity, sign: IdentitySigner, now: () => number): Viewer {
  let signed: { token: Promise<string>; atMs: number } | undefined;
  return {
    identity,
    forwardedIdentity() {
      if (!signed || now() - signed.atMs > reuseMs) signed = { token: sign(identity), atMs: now() };
      return signed.token;
    },
  };
}
