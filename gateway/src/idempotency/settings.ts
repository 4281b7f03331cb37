import { type SettingValues, setting } from '@nova/runtime';
import type { IdempotencyOptions } from './idempotency.ts';

export const idempotencySettings = {
  IDEMPOTENCY_KEYS: setting.oneOf(['required', 'optional'], {
    optional: true,
    description:
      'Whether a mutation without X-Idempotency-Key is refused. Unset it is optional in development and test, else required.',
  }),
  IDEMPOTENCY_EXEMPT_FIELDS: setting.list({
    default:
      'login,register,loginWithTotp,enrolTotp,confirmTotp,beginSignIn,completeSignIn,registerWithProvider,beginLink,refreshSession,logout,createLiveStream',
    description:
      'Mutations that need no key, as field,field, and whose answers are never stored: they hold credentials.',
  }),
  IDEMPOTENCY_CACHE_BYTES: setting.integer({
    default: 67_108_864,
    min: 1,
    description: 'Memory for the answers of mutations with a key, without REDIS_URL.',
  }),
};

export function toIdempotency(
  flat: SettingValues<typeof idempotencySettings>,
  isLenient: boolean,
): IdempotencyOptions & { readonly cacheBytes: number } {
  return {
    isRequired: (flat.IDEMPOTENCY_KEYS ?? (isLenient ? 'optional' : 'required')) === 'required',
    exemptFields: new Set(flat.IDEMPOTENCY_EXEMPT_FIELDS),
    cacheBytes: flat.IDEMPOTENCY_CACHE_BYTES,
  };
}
