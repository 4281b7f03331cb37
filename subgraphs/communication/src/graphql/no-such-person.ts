import { AppError } from '@nova/errors';

/** For what has not even the form of a user's id, so that nobody need be asked. */
export function noSuchPerson(): AppError {
  return new AppError('NOT_FOUND', 'There is no such person.');
}
