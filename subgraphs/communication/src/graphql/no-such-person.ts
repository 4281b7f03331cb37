import { AppError } from '@nova/errors';

/** For what has not even the form of a user's id, so that nobody need be asked. */
export function noSuchPerson(): AppError {
  return new AppError('NOT_FOUND', 'A person does not exist.');
}
