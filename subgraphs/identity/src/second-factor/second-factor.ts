import { AppError } from '@nova/errors';

export function secondFactorExists(): AppError {
  return new AppError('CONFLICT', 'The account has a second factor; disable it first.');
}

export function noSecondFactor(): AppError {
  return new AppError('NOT_FOUND', 'The account has no second factor of this kind.');
}

/** The same for a wrong code and for one that was used before. */
export function codeInvalid(): AppError {
  return new AppError('TOTP_CODE_INVALID', 'The code is wrong or was used before; take the next one.');
}
