import { AppError } from '@nova/errors';

/** Who keeps something of a person and has to answer before an erasure is complete. */
export const erasingDomains = ['identity', 'user', 'content', 'social', 'media', 'communication', 'search'] as const;
export type ErasingDomain = (typeof erasingDomains)[number];

/** A person's wish to be erased, and how far it is: ids and times only. */
export type Erasure = {
  readonly id: string;
  readonly userId: string;
  readonly requestedAt: Date;
  /** Null until every domain has answered. */
  readonly completedAt: Date | null;
};

/** What a domain answered; null while it has not. */
export type ErasureAnswer = { readonly domain: ErasingDomain; readonly erasedAt: Date | null };

/** Every domain's answer, in the order of `erasingDomains`. */
export function answersOf(erasedAt: ReadonlyMap<string, Date>): ErasureAnswer[] {
  return erasingDomains.map((domain) => ({ domain, erasedAt: erasedAt.get(domain) ?? null }));
}

/** Throws BAD_USER_INPUT unless the person says that it is meant, and types the name of the account that goes. */
export function requireConfirmation(
  typed: { readonly confirm: boolean; readonly username: string },
  account: { readonly username: string },
): void {
  if (!typed.confirm) throw refusal('confirm', 'confirm must be true: this cannot be undone.');
  if (typed.username !== account.username) throw refusal('username', 'username is not the name of your account.');
}

function refusal(field: string, message: string): AppError {
  return new AppError('BAD_USER_INPUT', message, { details: { field } });
}
