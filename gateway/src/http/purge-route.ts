import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isPurgeTag } from '@nova/cache';
import { AppError, isAppError } from '@nova/errors';
import type { AdminRoute } from '@nova/runtime';
import { readJson } from './json-body.ts';

export type Purge = {
  readonly tags: readonly string[];
  /** Of the change that made them old. */
  readonly occurredAt: Date | undefined;
};

const maxBytes = 65_536;
const maxTags = 200;

/**
 * POST with `authorization: Bearer <token>` and `{"tags": ["User:42"], "occurredAt": "2026-01-01T00:00:00Z"}`: what is
 * tagged so is not served any more. Answers 200, or the code of what is wrong.
 */
export function createPurgeRoute(options: {
  token: string;
  purge(tags: readonly string[]): Promise<void>;
  purged(purge: Purge): void;
}): AdminRoute {
  const expected = digestOf(options.token);
  return async (request) => {
    try {
      if (request.method !== 'POST') throw new AppError('METHOD_NOT_ALLOWED', 'Purges are sent by POST.');
      requireToken(request, expected);
      const purge = purgeOf(await readJson(request, maxBytes));
      await options.purge(purge.tags);
      options.purged(purge);
      return { status: 200, body: { purged: purge.tags.length } };
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { code, message, details, facts } = error;
      return { status: facts.httpStatus, body: { errors: [{ message, extensions: { ...details, code } }] } };
    }
  };
}

function requireToken({ headers }: IncomingMessage, expected: Buffer): void {
  const given = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  // Digests have one length, whatever was sent.
  if (given === undefined || !timingSafeEqual(digestOf(given), expected))
    throw new AppError('UNAUTHENTICATED', 'Send the token of PURGE_TOKEN_FILE.');
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function purgeOf(body: unknown): Purge {
  const { tags, occurredAt } = (body ?? {}) as { readonly tags?: unknown; readonly occurredAt?: unknown };
  if (!Array.isArray(tags) || tags.length > maxTags || !tags.every(isPurgeTag))
    throw new AppError('BAD_REQUEST', `tags is a list of at most ${maxTags} tags such as User:42, User or *.`);
  const date = occurredAt === undefined ? undefined : new Date(String(occurredAt));
  if (date && Number.isNaN(date.getTime())) throw new AppError('BAD_REQUEST', 'occurredAt is no time.');
  return { tags, occurredAt: date };
}
