import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '@nova/errors';

export type SecretBox = {
  /** Key id (8 bytes), nonce (12), ciphertext, tag (16). What was sealed for one owner cannot be opened for another. */
  seal(secret: Buffer, owner: string): Buffer;
  /** Throws INTERNAL_ERROR when the key is not there any more or the bytes were changed. */
  open(sealed: Buffer, owner: string): Buffer;
};

type Key = { readonly id: Buffer; readonly bytes: Buffer };

const algorithm = 'aes-256-gcm';
const idBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM under the first of the keys; the others only open. */
export function createSecretBox(keys: readonly [string, ...string[]]): SecretBox {
  const [current, ...old] = keys;
  const sealing = keyOf(current);
  const opening = [sealing, ...old.map(keyOf)];
  return {
    seal(secret, owner) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, sealing.bytes, nonce).setAAD(Buffer.from(owner));
      return Buffer.concat([sealing.id, nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, owner) {
      const key = opening.find(({ id }) => id.equals(sealed.subarray(0, idBytes)));
      if (!key) throw new AppError('INTERNAL_ERROR', 'The key of a second factor is not among those of the settings.');
      try {
        const nonce = sealed.subarray(idBytes, idBytes + nonceBytes);
        const decipher = createDecipheriv(algorithm, key.bytes, nonce).setAAD(Buffer.from(owner));
        decipher.setAuthTag(sealed.subarray(-tagBytes));
        return Buffer.concat([decipher.update(sealed.subarray(idBytes + nonceBytes, -tagBytes)), decipher.final()]);
      } catch (cause) {
        throw new AppError('INTERNAL_ERROR', 'The secret of a second factor cannot be opened.', { cause });
      }
    },
  };
}

function keyOf(text: string): Key {
  const bytes = Buffer.from(hkdfSync('sha256', text, '', 'nova second factors', 32));
  return { bytes, id: createHash('sha256').update(bytes).digest().subarray(0, idBytes) };
}
