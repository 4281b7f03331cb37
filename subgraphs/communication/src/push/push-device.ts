import { AppError } from '@nova/errors';

export type PushPlatform = 'FCM' | 'APNS';

export type PushDevice = { readonly id: string; readonly platform: PushPlatform; readonly registeredAt: Date };

export const maxPushDevices = 10;
const maxTokenLength = 4_096;

/** Throws BAD_USER_INPUT for what can be no token: both platforms give out words of ASCII letters, digits and a few signs. */
export function pushToken(text: string): string {
  if (/^[\w:./+=-]+$/.test(text) && text.length <= maxTokenLength) return text;
  throw new AppError('BAD_USER_INPUT', 'This is not a token of a push service.', {
    details: { field: 'token', limit: maxTokenLength },
  });
}

export function pushDeviceNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The device is not registered.', { details: { id } });
}
