import { AppError } from '@nova/errors';
import pg from 'pg';

/** Whether a write was refused because a row with the same unique value exists; with a name, by that constraint or index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

const lostConnection = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * What a failure of the database means to a caller, or undefined when it is our own fault: values that cannot be stored
 * (BAD_USER_INPUT), a statement that took too long (DEADLINE_EXCEEDED), transactions in each other's way (CONFLICT), a
 * database that is away or full (SERVICE_UNAVAILABLE).
 */
export function databaseFailure(error: unknown): AppError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!(error instanceof pg.DatabaseError)) return isLostConnection(error) ? unavailable(error) : undefined;
  const code = error.code ?? '';
  if (code.startsWith('22')) return new AppError('BAD_USER_INPUT', 'A value cannot be stored.', { cause: error });
  if (code === '57014' || code === '55P03') {
    return new AppError('DEADLINE_EXCEEDED', 'The database took too long.', { cause: error });
  }
  if (code === '40001' || code === '40P01') {
    return new AppError('CONFLICT', 'Another change of the same data came first.', { cause: error });
  }
  return code.startsWith('08') || code.startsWith('53') || code.startsWith('57P') ? unavailable(error) : undefined;
}

/** pg and its pool throw plain errors for what happens to a connection rather than to a statement. */
function isLostConnection(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    lostConnection.has(code) ||
    /^(Connection terminated|Client (has encountered|was closed)|timeout exceeded when trying to connect)/.test(
      error.message,
    )
  );
}

function unavailable(cause: Error): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'The database is not available.', { cause });
}
