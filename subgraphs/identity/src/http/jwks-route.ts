import type { HttpApp } from '@nova/subgraph';
import type { JSONWebKeySet } from 'jose';

export const jwksPath = '/.well-known/jwks.json';

/** How long a verifier may use the key set it has, in seconds; a new key is published this long before it signs. */
const maxAgeSeconds = 300;

/** Serves the public keys of access tokens to anybody. */
export function serveJwks(app: HttpApp, jwks: JSONWebKeySet): void {
  app.get(jwksPath, (_request, reply) => reply.header('cache-control', `public, max-age=${maxAgeSeconds}`).send(jwks));
}
