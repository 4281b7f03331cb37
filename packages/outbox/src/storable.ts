import { createHash } from 'node:crypto';

/** What is left of a text that PostgreSQL can hold: it refuses NUL, and what poison carries must not keep it from being set aside. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

const maxKeyLength = 256;

/** A record's key as rows hold it: itself, or, too long for an index, a prefix and its hash. */
export function storableKey(key: string): string {
  if (key.length <= maxKeyLength) return storable(key);
  return `${storable(key.slice(0, 128))}#sha256:${createHash('sha256').update(key).digest('hex')}`;
}
