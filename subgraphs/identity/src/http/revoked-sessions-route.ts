import { AppError } from '@nova/errors';
import { headerNames, type IdentityVerifier } from '@nova/runtime';
import type { HttpApp } from '@nova/subgraph';
import type { RevokedSessions } from '../sessions/revoked-sessions.ts';

export const revokedSessionsPath = '/revoked-sessions';

/** Tells callers with an identity that the gateway signed which sessions have ended: `?after=<where the last look was>`. */
export function serveRevokedSessions(
  app: HttpApp,
  { revokedSessions, verifyIdentity }: { revokedSessions: RevokedSessions; verifyIdentity: IdentityVerifier },
): void {
  app.get<{ Querystring: { after?: unknown } }>(revokedSessionsPath, async (request, reply) => {
    const token = request.headers[headerNames.identity];
    await verifyIdentity(typeof token === 'string' ? token : '').catch((cause: unknown) => {
      throw new AppError('UNAUTHENTICATED', 'The request carries no valid identity.', { cause });
    });
    const { after } = request.query;
    reply.header('cache-control', 'no-store');
    return revokedSessions.list(after === undefined ? undefined : String(after));
  });
}
