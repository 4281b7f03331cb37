export { AppError, type ErrorDetails, isAppError } from './app-error.ts';
export { type ErrorCode, type ErrorFacts, type ErrorKind, errorCodes, isErrorCode } from './codes.ts';
