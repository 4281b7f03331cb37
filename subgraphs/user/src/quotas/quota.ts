import { AppError } from '@nova/errors';

/** A user's storage, in bytes. */
export type Quota = { readonly usedBytes: bigint; readonly limitBytes: bigint };

/** Throws RESOURCE_EXHAUSTED when `bytes` more do not fit. */
export function requireRoom({ usedBytes, limitBytes }: Quota, bytes: bigint): void {
  if (usedBytes + bytes <= limitBytes) return;
  throw new AppError('RESOURCE_EXHAUSTED', 'There is not enough storage left; delete something first.', {
    details: { bytes: Number(bytes), usedBytes: Number(usedBytes), limitBytes: Number(limitBytes) },
  });
}
