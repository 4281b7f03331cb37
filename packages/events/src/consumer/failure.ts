import { type AppError, isAppError } from '@nova/errors';
import { databaseFailure } from '@nova/postgres';
import { EventError } from '../event-error.ts';

/**
 * What a failure of a handler asks for. `retryable`: something it needs is away or busy, so the record waits however long
 * that takes. `permanent`: no later try can mend the record. `bounded`: anything else, tried a few times.
 */
export type Failure = 'retryable' | 'permanent' | 'bounded';

export function failureOf(error: unknown): Failure {
  if (error instanceof EventError) return 'permanent';
  const database = databaseFailure(error);
  if (database) return isPassing(database) || database.code === 'CONFLICT' ? 'retryable' : 'bounded';
  return isAppError(error) && isPassing(error) ? 'retryable' : 'bounded';
}

function isPassing(error: AppError): boolean {
  const { kind } = error.facts;
  return kind === 'unavailable' || kind === 'timeout' || kind === 'limited';
}
