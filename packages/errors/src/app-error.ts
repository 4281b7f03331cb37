import { type ErrorCode, type ErrorFacts, errorCodes } from './codes.ts';

/** Machine-readable facts about one error, safe to show to a client: figures, limits, field names. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The only error thrown on purpose. Its message and details are written for the client and cross every door
 * (HTTP, GraphQL, gRPC); its cause stays in the log.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get facts(): ErrorFacts {
    return errorCodes[this.code];
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}
