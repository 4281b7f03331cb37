import { AppError, isAppError } from '@nova/errors';
import type { z } from 'zod';
import { signInFailed } from './provider.ts';

const timeoutMs = 5_000;

/** `fetch` with a deadline. Throws SERVICE_UNAVAILABLE when the provider does not answer or fails. */
export async function fetchFromProvider(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])]);
  const response = await fetch(url, { ...init, signal, redirect: 'error' }).catch((cause: unknown) => {
    throw providerAway(cause);
  });
  if (response.status >= 500) throw providerAway(new Error(`The provider answered with status ${response.status}.`));
  return response;
}

/** What a JSON endpoint answers; browsers never see these URLs. Throws SERVICE_UNAVAILABLE, SIGN_IN_FAILED for a refusal. */
export async function askProvider<S extends z.ZodType>(url: URL, schema: S): Promise<z.infer<S>> {
  const response = await fetchFromProvider(url);
  const text = await response.text().catch((cause: unknown) => {
    throw providerAway(cause);
  });
  try {
    if (!response.ok) throw new Error(`The provider answered with status ${response.status}.`);
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw signInFailed(cause);
  }
}

/** What a library made of it: the AppError that it wraps, else SIGN_IN_FAILED. */
export function failureOfProvider(error: unknown): AppError {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (isAppError(at)) return at;
  return signInFailed(error);
}

function providerAway(cause: unknown): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'The provider does not answer; try again later.', { cause });
}
