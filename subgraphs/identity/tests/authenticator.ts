import { createHmac } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../src/db/tables.ts';

const stepMs = 30_000;

/** The code that an authenticator app shows, by RFC 6238 (SHA-1, six digits, 30 s). */
export function codeAt(secret: Buffer, timeMs: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(timeMs / stepMs)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export function fromBase32(text: string): Buffer {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Has the account forget which codes it has taken, as if minutes had passed. */
export function letCodesPass(db: Kysely<Tables>, accountId: string) {
  return sql`update totp_factors set last_used_step = 0 where account_id = ${accountId}`.execute(db);
}

/** A code that is none of those of about now. */
export function wrongCode(secret: Buffer): string {
  const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((steps) => codeAt(secret, Date.now() + steps * stepMs)));
  for (let number = 0; ; number += 1) {
    const code = String(number).padStart(6, '0');
    if (!near.has(code)) return code;
  }
}
