import { createHash, randomBytes } from 'node:crypto';
import { Secret } from 'otpauth';

const codeBytes = 10;
const codesPerAccount = 10;
const codeForm = /^[A-Z2-7]{16}$/;

/** Ten codes of 80 random bits, as a person writes them down: XXXX-XXXX-XXXX-XXXX. */
export function createRecoveryCodes(): string[] {
  return Array.from({ length: codesPerAccount }, () => {
    const { base32 } = new Secret({ buffer: new Uint8Array(randomBytes(codeBytes)).buffer });
    return (base32.match(/.{4}/g) ?? []).join('-');
  });
}

/** The hash that is stored of a code, however it is written; undefined for a text that cannot be one. A random code needs no slow hash. */
export function hashRecoveryCode(code: string): Buffer | undefined {
  const letters = code.slice(0, 64).replace(/[\s-]/g, '').toUpperCase();
  return codeForm.test(letters) ? createHash('sha256').update(letters).digest() : undefined;
}
