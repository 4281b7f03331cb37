import { createHash } from 'node:crypto';
import { AppError } from '@nova/errors';
import { opaqueBytes } from '../opaque-bytes.ts';
import type { MessageContent } from './message.ts';

const maxPayloadBytes = 65_536;
const maxCiphertexts = 200;
const maxCiphertextBytes = 524_288;

/** What a client sends, in base64. */
export type SentContent = {
  readonly payload?: string | null;
  readonly ciphertexts?: readonly { recipientId: string; deviceId: number; ciphertext: string }[] | null;
};

/** Throws BAD_USER_INPUT for both or neither, for what is no base64, and beyond the limits. */
export function messageContent({ payload, ciphertexts }: SentContent): MessageContent {
  if ((payload == null) === (ciphertexts == null))
    throw new AppError('BAD_USER_INPUT', 'A message has either a payload or ciphertexts.', {
      details: { field: 'payload' },
    });
  if (payload != null)
    return { kind: 'payload', payload: opaqueBytes(payload, { field: 'payload', maxBytes: maxPayloadBytes }) };
  return { kind: 'ciphertexts', ciphertexts: deviceCiphertexts(ciphertexts ?? []) };
}

function deviceCiphertexts(sent: NonNullable<SentContent['ciphertexts']>) {
  const devices = new Set(sent.map(({ recipientId, deviceId }) => `${recipientId}/${deviceId}`));
  if (sent.length < 1 || sent.length > maxCiphertexts || devices.size < sent.length)
    throw new AppError('BAD_USER_INPUT', `A message has 1 to ${maxCiphertexts} ciphertexts, one for each device.`, {
      details: { field: 'ciphertexts', length: sent.length, limit: maxCiphertexts },
    });
  const ciphertexts = sent.map(({ recipientId, deviceId, ciphertext }) => ({
    recipientId,
    deviceId,
    ciphertext: opaqueBytes(ciphertext, { field: 'ciphertext', maxBytes: maxPayloadBytes }),
  }));
  const bytes = ciphertexts.reduce((sum, { ciphertext }) => sum + ciphertext.length, 0);
  if (bytes > maxCiphertextBytes)
    throw new AppError('BAD_USER_INPUT', `The ciphertexts of a message have at most ${maxCiphertextBytes} bytes.`, {
      details: { field: 'ciphertexts', bytes, limit: maxCiphertextBytes },
    });
  return ciphertexts;
}

/** The same for the same content, in whatever order its ciphertexts are. */
export function contentHash(content: MessageContent): Buffer {
  const parts =
    content.kind === 'payload'
      ? [content.payload.toString('base64')]
      : content.ciphertexts
          .map((each) => `${each.recipientId}/${each.deviceId}/${each.ciphertext.toString('base64')}`)
          .sort();
  return createHash('sha256')
    .update(`${content.kind}\n${parts.join('\n')}`)
    .digest();
}
