import { AppError } from '@nova/errors';

export type PrekeyDevice = { readonly deviceId: number; readonly registrationId: number };
export type SignedPrekey = { readonly id: number; readonly publicKey: Buffer; readonly signature: Buffer };
export type OneTimePrekey = { readonly id: number; readonly publicKey: Buffer };

/** The keys that a device shows to whoever begins a session with it. */
export type DeviceKeys = PrekeyDevice & { readonly identityKey: Buffer; readonly signedPrekey: SignedPrekey };
export type PrekeyBundle = DeviceKeys & { readonly oneTimePrekey: OneTimePrekey | null };

export const maxPrekeyDevices = 10;
export const maxFreePrekeys = 200;
const maxUploaded = 100;

/** Throws BAD_USER_INPUT for ids that are no positive numbers, more prekeys than go at a time, or one number twice. */
export function requirePrekeyIds(upload: {
  deviceId: number;
  registrationId: number;
  oneTimePrekeyIds: readonly number[];
}): void {
  const { deviceId, registrationId, oneTimePrekeyIds } = upload;
  if (deviceId < 1) throw outOfRange('deviceId');
  if (registrationId < 0) throw outOfRange('registrationId');
  if (oneTimePrekeyIds.length > maxUploaded || new Set(oneTimePrekeyIds).size < oneTimePrekeyIds.length)
    throw new AppError('BAD_USER_INPUT', `At most ${maxUploaded} one-time prekeys go at a time, each number once.`, {
      details: { field: 'oneTimePrekeys', length: oneTimePrekeyIds.length, limit: maxUploaded },
    });
}

function outOfRange(field: string): AppError {
  return new AppError('BAD_USER_INPUT', `${field} is too small.`, { details: { field } });
}

export function tooManyDevices(): AppError {
  return new AppError('BAD_USER_INPUT', `A user has at most ${maxPrekeyDevices} devices with keys.`, {
    details: { field: 'deviceId', limit: maxPrekeyDevices },
  });
}

export function tooManyPrekeys(): AppError {
  return new AppError('BAD_USER_INPUT', `Of a device at most ${maxFreePrekeys} one-time prekeys wait to be claimed.`, {
    details: { field: 'oneTimePrekeys', limit: maxFreePrekeys },
  });
}

export function prekeyDeviceNotFound(): AppError {
  return new AppError('NOT_FOUND', 'The device has uploaded no keys.');
}
