import type { Identity } from '@nova/runtime';

const known = new WeakMap<Identity, string>();

/** The same for identities that subgraphs cannot tell apart, and for no others: all that the signed identity says. */
export function viewerKey(identity: Identity): string {
  let key = known.get(identity);
  if (key === undefined) {
    key = identity.kind === 'anonymous' ? '' : JSON.stringify(partsOf(identity));
    known.set(identity, key);
  }
  return key;
}

function partsOf({ userId, sessionId, permissions }: Extract<Identity, { kind: 'user' }>) {
  return [userId, sessionId, permissions];
}

/** Whose writes a viewer has to see: the user's, from whatever session. */
export function writerOf(identity: Identity): string {
  return identity.kind === 'anonymous' ? '' : identity.userId;
}
