import { AppError, type ErrorCode, type ErrorDetails, type ErrorKind, errorCodes, isErrorCode } from '@nova/errors';
import { type ClientError, type Metadata, ServerError, Status } from 'nice-grpc-common';

const codeKey = 'nova-error-code';
const detailsKey = 'nova-error-details-bin';

const statusByKind: Record<ErrorKind, Status> = {
  invalid: Status.INVALID_ARGUMENT,
  unauthenticated: Status.UNAUTHENTICATED,
  forbidden: Status.PERMISSION_DENIED,
  'not-found': Status.NOT_FOUND,
  conflict: Status.ALREADY_EXISTS,
  limited: Status.RESOURCE_EXHAUSTED,
  unavailable: Status.UNAVAILABLE,
  timeout: Status.DEADLINE_EXCEEDED,
  internal: Status.INTERNAL,
};

/** Too much to do is not the same as being away: it is not tried again at once. */
function statusOf(code: ErrorCode): Status {
  return code === 'OVERLOADED' ? Status.RESOURCE_EXHAUSTED : statusByKind[errorCodes[code].kind];
}

/** What an error without Nova's trailer means, by the status grpc gave it. */
const codeByStatus: Partial<Record<Status, ErrorCode>> = {
  [Status.UNAVAILABLE]: 'SERVICE_UNAVAILABLE',
  [Status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [Status.RESOURCE_EXHAUSTED]: 'RESOURCE_EXHAUSTED',
  [Status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
};

/** The wire form of an error. Its code and details travel in the trailer, so that the caller gets the same AppError. */
export function toServerError(error: AppError, trailer: Metadata): ServerError {
  trailer.set(codeKey, error.code);
  trailer.set(detailsKey, Buffer.from(JSON.stringify(error.details)));
  return new ServerError(statusOf(error.code), error.message);
}

/** The AppError a server threw, or what its status means. */
export function fromClientError(error: ClientError, trailer: Metadata): AppError {
  const code = trailer.get(codeKey);
  if (isErrorCode(code)) return new AppError(code, error.details, { details: detailsOf(trailer), cause: error });
  const fallback = codeByStatus[error.code] ?? 'INTERNAL_ERROR';
  return new AppError(fallback, errorCodes[fallback].meaning, { cause: error });
}

function detailsOf(trailer: Metadata): ErrorDetails {
  const bytes = trailer.get(detailsKey);
  return bytes === undefined ? {} : (JSON.parse(Buffer.from(bytes).toString()) as ErrorDetails);
}
