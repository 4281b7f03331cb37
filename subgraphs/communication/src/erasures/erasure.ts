import { AppError } from '@nova/errors';

/** Stands for the erased person as who deleted what is left of them. */
export const erasedBy = '00000000-0000-0000-0000-000000000000';

/** Throws ACCOUNT_INACTIVE when somebody is erased. */
export function requireNoneErased(erased: ReadonlySet<string>): void {
  if (erased.size > 0) throw new AppError('ACCOUNT_INACTIVE', 'The account is not active.');
}
