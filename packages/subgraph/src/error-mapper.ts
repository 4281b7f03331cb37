import type { ApolloServerPlugin } from '@apollo/server';
import { AppError, errorCodes, isAppError, isErrorCode } from '@nova/errors';
import { databaseFailure } from '@nova/postgres';
import type { Logger } from '@nova/runtime';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { RequestContext } from './request-context.ts';

/**
 * The only place where a thrown error becomes a GraphQL error of a subgraph. What was not thrown on purpose is masked,
 * and logged with its request's correlation id: Apollo formats errors without saying whose they are, so `plugin` notes it.
 */
export function errorMapper(log: Logger) {
  const logs = new WeakMap<object, Logger>();
  const plugin: ApolloServerPlugin<RequestContext> = {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) logs.set(error, contextValue.log);
        },
      };
    },
  };
  const formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
    const known = isAppError(original) ? original : (databaseFailure(original) ?? graphqlRefusal(original, formatted));
    if (known && known.facts.kind !== 'unavailable') return shape(formatted, known);
    const { path } = formatted;
    const itsLog = logs.get(error as object) ?? log;
    if (known) itsLog.warn({ err: original, path }, 'a resolver met something that is away');
    else itsLog.error({ err: original, path }, 'a resolver failed');
    return shape(formatted, known ?? new AppError('INTERNAL_ERROR', 'The service failed.'));
  };
  return { formatError, plugin };
}

/**
 * GraphQL's own refusals: the gateway validated the operation, so what remains is a value that does not fit. A scalar says
 * so itself; Apollo writes its own code over that when the value stands in the document.
 */
function graphqlRefusal(error: unknown, formatted: GraphQLFormattedError): AppError | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const code = error.extensions.code ?? formatted.extensions?.code ?? 'BAD_USER_INPUT';
  return isErrorCode(code) ? new AppError(code, formatted.message) : undefined;
}

function shape(formatted: GraphQLFormattedError, error: AppError): GraphQLFormattedError {
  const { retryable } = errorCodes[error.code];
  return { ...formatted, message: error.message, extensions: { ...error.details, code: error.code, retryable } };
}
