import { AppError } from '@nova/errors';

/**
 * The bytes of a text in base64 as RFC 4648 writes it, so that they come out as they went in. Throws BAD_USER_INPUT, naming the
 * field, for other texts and outside 1 to `maxBytes`.
 */
export function opaqueBytes(text: string, { field, maxBytes }: { field: string; maxBytes: number }): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length >= 1 && bytes.length <= maxBytes && bytes.toString('base64') === text) return bytes;
  throw new AppError('BAD_USER_INPUT', `${field} must be 1 to ${maxBytes} bytes in base64.`, {
    details: { field, limit: maxBytes },
  });
}
