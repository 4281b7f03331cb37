import { Secret, TOTP } from 'otpauth';

/** RFC 6238 as every authenticator app knows it: SHA-1, six digits, 30 seconds. */
const periodSeconds = 30;
const secretBytes = 20;
/** Clocks of phones are off, and typing takes time: the code before and the one after are good too. */
const window = 1;
const codeForm = /^\d{6}$/;

export function createTotpSecret(): Buffer {
  return Buffer.from(new Secret({ size: secretBytes }).bytes);
}

/** What an app is given: the secret in base32, to be typed, and an `otpauth:` URI, to be shown as a QR code. */
export function totpPresentation(secret: Buffer, accountName: string): { secret: string; uri: string } {
  const totp = totpOf(secret, accountName);
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/** The step (30 s since 1970) that a code belongs to; undefined when it is not one of the secret's codes of now. */
export function totpStepOf(secret: Buffer, code: string, nowMs: number): number | undefined {
  if (!codeForm.test(code)) return undefined;
  const delta = totpOf(secret).validate({ token: code, timestamp: nowMs, window });
  return delta === null ? undefined : Math.floor(nowMs / 1000 / periodSeconds) + delta;
}

function totpOf(secret: Buffer, accountName = ''): TOTP {
  const bytes = new Uint8Array(secret).buffer;
  return new TOTP({ issuer: 'Nova', label: accountName, secret: new Secret({ buffer: bytes }), period: periodSeconds });
}
