import { createHash, randomBytes } from 'node:crypto';

const tokenBytes = 32;
const tokenForm = /^[A-Za-z0-9_-]{43}$/;

/** 256 random bits, and the hash that is stored of them: whoever holds the token may do what it stands for. */
export function createSecretToken(): { token: string; hash: Buffer } {
  const token = randomBytes(tokenBytes).toString('base64url');
  return { token, hash: sha256(token) };
}

/** Undefined for a text that cannot be a token. */
export function hashSecretToken(token: string): Buffer | undefined {
  return tokenForm.test(token) ? sha256(token) : undefined;
}

/** A fast hash is enough: a random token cannot be guessed. */
function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
