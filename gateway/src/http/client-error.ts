import { AppError, type ErrorCode, isErrorCode } from '@nova/errors';
import type { Logger } from '@nova/runtime';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** An error as a client meets it; every door of the gateway answers in this form. */
export type ClientError = {
  readonly message: string;
  readonly locations?: GraphQLFormattedError['locations'];
  readonly path?: GraphQLFormattedError['path'];
  readonly extensions: Readonly<Record<string, unknown>> & {
    readonly code: ErrorCode;
    readonly retryable: boolean;
    readonly requestId: string;
  };
};

export type ToClientError = (error: unknown, correlationId: string) => ClientError;

const maxMessageLength = 500;

/** The only place where an error becomes an answer. What nobody meant a client to see is logged and masked. */
export function createToClientError(options: { log: Logger; suggestions: boolean }): ToClientError {
  return (error, correlationId) => {
    const known = appErrorOf(error) ?? refusalOfApollo(error) ?? subgraphError(error);
    const { code, message, details, facts } = known ?? masked;
    if (!known) options.log.error({ err: loggable(error), correlationId }, 'an unforeseen error was masked');
    else if (known.cause !== undefined && facts.httpStatus >= 500)
      options.log.warn({ err: known.cause, code, correlationId, ...details }, 'a request met a failure');
    return {
      message: shown(message, options.suggestions),
      ...(error instanceof GraphQLError && placeOf(error)),
      extensions: { ...details, code, retryable: facts.retryable, requestId: correlationId },
    };
  };
}

function placeOf(error: GraphQLError): Pick<ClientError, 'locations' | 'path'> {
  const { locations, path } = error.toJSON();
  return { ...(locations && { locations }), ...(path && { path }) };
}

const masked = new AppError('INTERNAL_ERROR', 'Nova failed; the request id finds the cause in the logs.');

function appErrorOf(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  return error instanceof GraphQLError ? appErrorOf(error.originalError) : undefined;
}

/** What Apollo Server itself refuses. */
function refusalOfApollo(error: unknown): AppError | undefined {
  if (!(error instanceof GraphQLError) || isFromSubgraph(error)) return undefined;
  const { message, extensions } = error;
  switch (extensions.code) {
    case 'GRAPHQL_PARSE_FAILED': {
      const tokens = /more tha[nt] (\d+) tokens/.exec(message)?.[1];
      // Whether the parser comes to the limit of tokens or of its stack first depends on how far it is compiled.
      if (/call stack/.test(message)) return new AppError('GRAPHQL_PARSE_FAILED', 'The document nests too deeply.');
      if (tokens === undefined) return new AppError('GRAPHQL_PARSE_FAILED', message);
      return new AppError('TOKEN_LIMIT_EXCEEDED', `The document has more than ${tokens} tokens.`, {
        details: { limit: Number(tokens) },
      });
    }
    case 'GRAPHQL_VALIDATION_FAILED':
      return new AppError('GRAPHQL_VALIDATION_FAILED', message);
    case 'BAD_USER_INPUT':
      return new AppError('BAD_USER_INPUT', message);
    case 'BAD_REQUEST':
      return badRequest(message, extensions.http);
    default:
      return undefined;
  }
}

function badRequest(message: string, http: unknown): AppError {
  if ((http as { status?: number } | undefined)?.status === 405)
    return new AppError('METHOD_NOT_ALLOWED', 'GET serves queries only; send mutations by POST.');
  if (message.includes('Cross-Site Request Forgery')) {
    return new AppError(
      'CSRF_PREVENTED',
      'A browser could send this request across sites; add the header apollo-require-preflight: true.',
    );
  }
  return new AppError('BAD_REQUEST', message);
}

/** Codes that judge the gateway's own request to a subgraph; its client did nothing wrong. */
const aboutTheGateway: ReadonlySet<ErrorCode> = new Set([
  'BAD_REQUEST',
  'MALFORMED_JSON',
  'UNSUPPORTED_MEDIA_TYPE',
  'BODY_TOO_LARGE',
  'HEADER_LIMIT_EXCEEDED',
  'BATCHING_DISABLED',
  'MISSING_QUERY',
  'CSRF_PREVENTED',
  'METHOD_NOT_ALLOWED',
  'ROUTE_NOT_FOUND',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'UNKNOWN_OPERATION',
  'INTERNAL_ERROR',
]);

/** What a subgraph says on purpose: a code of the closed list, with its message and details. */
function subgraphError(error: unknown): AppError | undefined {
  if (!(error instanceof GraphQLError) || !isFromSubgraph(error)) return undefined;
  const { code, ...rest } = error.extensions;
  if (!isErrorCode(code) || aboutTheGateway.has(code)) return undefined;
  const details = Object.fromEntries(Object.entries(rest).filter(([name, value]) => isDetail(name, value)));
  return new AppError(code, error.message, { details: details as AppError['details'] });
}

/** @apollo/gateway marks the errors of subgraphs so. */
function isFromSubgraph(error: GraphQLError): boolean {
  return typeof error.extensions.serviceName === 'string';
}

const notDetails = new Set(['serviceName', 'stacktrace', 'exception', 'http', 'retryable', 'requestId']);

function isDetail(name: string, value: unknown): boolean {
  if (notDetails.has(name)) return false;
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function shown(message: string, suggestions: boolean): string {
  const text = suggestions ? message : message.replace(/ ?Did you mean(.+?)\?$/, '');
  return text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}…` : text;
}

/** The error with what a subgraph put beside it, for the log only. */
function loggable(error: unknown): unknown {
  return error instanceof GraphQLError
    ? { message: error.message, extensions: error.extensions, stack: error.originalError?.stack ?? error.stack }
    : error;
}
