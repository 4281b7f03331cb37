import { AppError, type ErrorCode, errorCodes, isAppError, isErrorCode } from '@nova/errors';
import type { Logger } from '@nova/runtime';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** The only place where a thrown error becomes a GraphQL error of a subgraph. What was not thrown on purpose is logged and masked. */
export function errorMapper(log: Logger) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
    if (isAppError(original)) return shape(formatted, original);
    const code = formatted.extensions?.code;
    if (original instanceof GraphQLError && isErrorCode(code)) {
      return shape(formatted, new AppError(code, formatted.message));
    }
    if (original instanceof GraphQLError)
      return shape(formatted, new AppError(inputCode(formatted), formatted.message));
    log.error({ err: original, path: formatted.path }, 'a resolver failed');
    return shape(formatted, new AppError('INTERNAL_ERROR', 'The service failed.'));
  };
}

function shape(formatted: GraphQLFormattedError, error: AppError): GraphQLFormattedError {
  const { retryable } = errorCodes[error.code];
  return { ...formatted, message: error.message, extensions: { ...error.details, code: error.code, retryable } };
}

/** GraphQL's own refusals: the gateway validated the operation, so what remains is a value that does not fit. */
function inputCode(formatted: GraphQLFormattedError): ErrorCode {
  const code = formatted.extensions?.code;
  if (code === 'GRAPHQL_PARSE_FAILED' || code === 'GRAPHQL_VALIDATION_FAILED') return code;
  return code === undefined || code === 'BAD_USER_INPUT' ? 'BAD_USER_INPUT' : 'INTERNAL_ERROR';
}
