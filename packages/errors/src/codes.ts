/** What sort of failure a code is; each door derives its own status from this. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'limited'
  | 'unavailable'
  | 'timeout'
  | 'internal';

export type ErrorFacts = {
  readonly kind: ErrorKind;
  /** Status of an HTTP answer that carries no data. */
  readonly httpStatus: number;
  /** Whether the same request, sent again a little later, may succeed. */
  readonly retryable: boolean;
  /** One sentence for the person who meets the code. */
  readonly meaning: string;
};

/** The closed list of codes a client can meet in `extensions.code`. A code is an API: never renamed, never reused. */
export const errorCodes = {
  BAD_REQUEST: invalid('The HTTP request is not one a GraphQL client sends; the message says what is wrong with it.'),
  MALFORMED_JSON: invalid('The request body is not a JSON object.'),
  UNSUPPORTED_MEDIA_TYPE: invalid('The body must be sent as application/json.', 415),
  BODY_TOO_LARGE: invalid('The request body is larger than the limit.', 413),
  HEADER_LIMIT_EXCEEDED: invalid('The request has more headers, or larger ones, than the limit.', 431),
  BATCHING_DISABLED: invalid('The body is an array; send one operation per request.'),
  MISSING_QUERY: invalid('The request carries neither a query nor a persisted query id.'),
  CSRF_PREVENTED: invalid('A browser could send this request across sites; add the header apollo-require-preflight.'),
  METHOD_NOT_ALLOWED: invalid('GET serves queries only; send mutations by POST.', 405),
  ROUTE_NOT_FOUND: {
    kind: 'not-found',
    httpStatus: 404,
    retryable: false,
    meaning: 'No such path; GraphQL is served at /graphql.',
  },
  GRAPHQL_PARSE_FAILED: invalid('The document is not valid GraphQL syntax.'),
  GRAPHQL_VALIDATION_FAILED: invalid('The document does not fit the schema.'),
  UNKNOWN_OPERATION: invalid('The document does not contain the operation that operationName asks for.'),
  SUBSCRIPTIONS_UNSUPPORTED: invalid('Subscriptions are not served.'),
  BAD_USER_INPUT: invalid('A variable or argument has a value the schema or the service refuses.'),
  INVALID_CURSOR: invalid('The cursor was not issued by this connection.'),
  INVALID_PAGE_SIZE: invalid('The page size is negative or larger than the connection allows.'),
  TOKEN_LIMIT_EXCEEDED: invalid('The document has more tokens than the limit.'),
  DEPTH_LIMIT_EXCEEDED: invalid('The operation nests deeper than the limit.'),
  ALIAS_LIMIT_EXCEEDED: invalid('The document has more aliases than the limit.'),
  DIRECTIVE_LIMIT_EXCEEDED: invalid('The document has more directives than the limit.'),
  FIELD_LIMIT_EXCEEDED: invalid('One selection set has more fields than the limit.'),
  ROOT_FIELD_LIMIT_EXCEEDED: invalid('The operation selects more root fields than the limit.'),
  SELECTION_LIMIT_EXCEEDED: invalid('With its fragments expanded the operation has more selections than the limit.'),
  COMPLEXITY_LIMIT_EXCEEDED: invalid('The operation may cost more than the limit.'),
  PLANNING_LIMIT_EXCEEDED: invalid('There are too many ways to fetch the operation to choose one in time.'),
  FETCH_LIMIT_EXCEEDED: invalid('The operation takes more calls to subgraphs than the limit.'),
  RPC_LIMIT_EXCEEDED: invalid('The operation takes more gRPC calls between services than the limit.'),
  WAVE_LIMIT_EXCEEDED: invalid('More calls to subgraphs would have to wait for one another than the limit allows.'),
  ENTITY_LIMIT_EXCEEDED: invalid('The operation asks subgraphs for more entities by reference than the limit.'),
  PERSISTED_QUERY_NOT_FOUND: {
    kind: 'not-found',
    httpStatus: 404,
    retryable: false,
    meaning: 'No operation in the manifest has this id.',
  },
  PERSISTED_QUERY_REQUIRED: {
    kind: 'forbidden',
    httpStatus: 403,
    retryable: false,
    meaning: 'This gateway serves persisted operations only; send an id from the manifest.',
  },
  UNAUTHENTICATED: unauthenticated('The operation needs a signed-in user.'),
  ACCESS_TOKEN_INVALID: unauthenticated('The access token is malformed or was not signed by Nova.'),
  ACCESS_TOKEN_EXPIRED: unauthenticated('The access token has expired; refresh the session.'),
  ACCESS_TOKEN_REVOKED: unauthenticated('The session of the access token has ended; sign in again.'),
  REFRESH_TOKEN_INVALID: unauthenticated('The refresh token is unknown, expired, used or revoked; sign in again.'),
  INVALID_CREDENTIALS: unauthenticated('The email or the password is wrong.'),
  TOTP_REQUIRED: unauthenticated(
    'The account has a second factor; send the challenge back with a code by loginWithTotp.',
  ),
  TOTP_CODE_INVALID: unauthenticated('The code of the second factor is wrong or was used before.'),
  CHALLENGE_INVALID: unauthenticated(
    'The challenge of the sign-in is unknown, expired or used already; sign in again.',
  ),
  SIGN_IN_FAILED: unauthenticated(
    'The provider did not confirm the sign-in, or its attempt or ticket is unknown, expired or used; begin again.',
  ),
  SIGN_UP_REQUIRED: unauthenticated(
    'The account of the provider is known to nobody here; make one with the ticket by registerWithProvider.',
  ),
  ACCOUNT_LOCKED: {
    kind: 'limited',
    httpStatus: 429,
    retryable: true,
    meaning: 'Too many failed sign-ins; try again after lockedUntil.',
  },
  ACCOUNT_INACTIVE: {
    kind: 'forbidden',
    httpStatus: 403,
    retryable: false,
    meaning: 'The account does not exist or is not active.',
  },
  FORBIDDEN: { kind: 'forbidden', httpStatus: 403, retryable: false, meaning: 'The signed-in user may not do this.' },
  USER_UNREACHABLE: {
    kind: 'forbidden',
    httpStatus: 403,
    retryable: false,
    meaning: 'You cannot write to this person; one of the two may have blocked the other.',
  },
  NOT_FOUND: {
    kind: 'not-found',
    httpStatus: 404,
    retryable: false,
    meaning: 'The thing the operation acts on does not exist.',
  },
  EMAIL_TAKEN: conflict('An account with this email exists.'),
  USERNAME_TAKEN: conflict('An account with this username exists.'),
  CONFLICT: conflict('The state has changed since it was read, or the write breaks a rule of the data.'),
  RATE_LIMITED: {
    kind: 'limited',
    httpStatus: 429,
    retryable: true,
    meaning:
      'Your quota of requests, or of tries of one field, is used up; try again after the seconds in Retry-After.',
  },
  IDEMPOTENCY_KEY_REQUIRED: invalid('A mutation needs an idempotency key of its own, in the header X-Idempotency-Key.'),
  IDEMPOTENCY_KEY_INVALID: invalid('An idempotency key has 8 to 128 printable ASCII characters and no spaces.'),
  IDEMPOTENCY_KEY_REUSED: invalid('The idempotency key was sent with another request before; take a new one.', 422),
  IDEMPOTENT_REQUEST_RUNNING: {
    kind: 'conflict',
    httpStatus: 409,
    retryable: true,
    meaning:
      'The first request with this idempotency key is still running; ask again after the seconds in Retry-After.',
  },
  RESOURCE_EXHAUSTED: {
    kind: 'limited',
    httpStatus: 429,
    retryable: true,
    meaning: 'Your share of something bounded is used up; try again later.',
  },
  SUBGRAPH_UNAVAILABLE: {
    kind: 'unavailable',
    httpStatus: 503,
    retryable: true,
    meaning: 'A part of the graph did not answer; the fields it serves are null.',
  },
  SUBGRAPH_TIMEOUT: {
    kind: 'timeout',
    httpStatus: 504,
    retryable: true,
    meaning: 'A part of the graph did not answer in time; the fields it serves are null.',
  },
  OVERLOADED: {
    kind: 'unavailable',
    httpStatus: 503,
    retryable: true,
    meaning: 'The server has more to do than it can; try again after the seconds in Retry-After.',
  },
  SERVICE_UNAVAILABLE: {
    kind: 'unavailable',
    httpStatus: 503,
    retryable: true,
    meaning: 'A service behind the graph did not answer, or this server is stopping.',
  },
  DEADLINE_EXCEEDED: {
    kind: 'timeout',
    httpStatus: 504,
    retryable: true,
    meaning: 'The request took longer than its deadline.',
  },
  INTERNAL_ERROR: {
    kind: 'internal',
    httpStatus: 500,
    retryable: false,
    meaning: 'Nova failed; the request id finds the cause in the logs.',
  },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

function invalid(meaning: string, httpStatus = 400) {
  return { kind: 'invalid', httpStatus, retryable: false, meaning } as const;
}

function unauthenticated(meaning: string) {
  return { kind: 'unauthenticated', httpStatus: 401, retryable: false, meaning } as const;
}

function conflict(meaning: string) {
  return { kind: 'conflict', httpStatus: 409, retryable: false, meaning } as const;
}
