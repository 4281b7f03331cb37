import type { IncomingMessage } from 'node:http';
import { AppError } from '@nova/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Each piece costs as much to take as a whole packet: a body in chunks of a byte would keep the process busy. */
const maxPieces = 2_000;

/** Bodies are JSON, plain and not larger than that, or the request is refused before the rest is read. */
export function readJsonBodies(app: FastifyInstance, maxBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async ({ headers }: FastifyRequest, payload: IncomingMessage) => {
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity')
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body uncompressed.');
    if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
    return readJson(payload, maxBytes);
  });
}

/** Reads a whole body. Throws BODY_TOO_LARGE, BATCHING_DISABLED, MALFORMED_JSON or BAD_REQUEST. */
export async function readJson(payload: IncomingMessage, maxBytes: number): Promise<unknown> {
  return parse(await readText(payload, maxBytes));
}

function readText(payload: IncomingMessage, maxBytes: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  const take = (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) refuse(tooLarge(maxBytes));
    else if (pieces.length > maxPieces) refuse(tooManyPieces());
  };
  const refuse = (error: AppError) => {
    payload.off('data', take);
    payload.pause();
    reject(error);
  };
  payload.on('data', take);
  payload.once('end', () => resolve(Buffer.concat(pieces, bytes).toString()));
  payload.once('error', () => reject(new AppError('BAD_REQUEST', 'The body ended too early.')));
  return promise;
}

function parse(text: string): unknown {
  if (/^\s*\[/.test(text)) throw new AppError('BATCHING_DISABLED', 'Send one operation per request, not an array.');
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('MALFORMED_JSON', 'The body is not JSON.');
  }
}

function tooLarge(limit: number): AppError {
  return new AppError('BODY_TOO_LARGE', `The body is larger than ${limit} bytes.`, { details: { limit } });
}

function tooManyPieces(): AppError {
  return new AppError('BODY_TOO_LARGE', `The body comes in more than ${maxPieces} pieces.`, {
    details: { limitPieces: maxPieces },
  });
}
