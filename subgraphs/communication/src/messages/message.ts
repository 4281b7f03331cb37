import { AppError } from '@nova/errors';

export type Message = {
  readonly id: string;
  readonly conversationId: string;
  readonly senderId: string | null;
  readonly payload: Buffer | null;
  readonly createdAt: Date;
};

/** What a device of a participant gets, encrypted for it alone. */
export type DeviceCiphertext = {
  readonly recipientId: string;
  readonly deviceId: number;
  readonly ciphertext: Buffer;
};

/** Either one payload for all or a ciphertext for each device. */
export type MessageContent =
  | { readonly kind: 'payload'; readonly payload: Buffer }
  | { readonly kind: 'ciphertexts'; readonly ciphertexts: readonly DeviceCiphertext[] };

/** Throws BAD_USER_INPUT unless it has 1 to 64 characters. */
export function clientMessageId(text: string): string {
  if (text.length >= 1 && [...text].length <= 64) return text;
  throw new AppError('BAD_USER_INPUT', 'clientMessageId has 1 to 64 characters.', {
    details: { field: 'clientMessageId', limit: 64 },
  });
}

/** Throws BAD_USER_INPUT when a ciphertext is for somebody who does not take part. */
export function requireRecipients(content: MessageContent, participantIds: readonly string[]): void {
  if (content.kind === 'payload') return;
  if (content.ciphertexts.some(({ recipientId }) => !participantIds.includes(recipientId)))
    throw new AppError('BAD_USER_INPUT', 'A ciphertext is for somebody who does not take part in the conversation.', {
      details: { field: 'recipientId' },
    });
}

export function messageGone(): AppError {
  return new AppError('NOT_FOUND', 'The message does not exist.');
}

export function clientMessageIdReused(): AppError {
  return new AppError('CONFLICT', 'Another message was sent with this clientMessageId.', {
    details: { field: 'clientMessageId' },
  });
}
