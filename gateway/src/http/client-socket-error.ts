import type { Socket } from 'node:net';
import { AppError } from '@nova/errors';
import { correlationIdFrom, headerNames } from '@nova/runtime';
import type { ToClientError } from './client-error.ts';

/** Of the request line and the headers together. */
export const maxHeaderBytes = 16_384;

const statusLines: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers bytes that never became a request: not HTTP, headers too large, sent too slowly. */
export function answerClientError(toClientError: ToClientError) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const correlationId = correlationIdFrom(undefined);
    const refusal = error.code === 'HPE_HEADER_OVERFLOW' ? tooLarge() : unreadable();
    const body = JSON.stringify({ errors: [toClientError(refusal, correlationId)] });
    socket.end(
      [
        `HTTP/1.1 ${statusLines[error.code ?? ''] ?? '400 Bad Request'}`,
        'content-type: application/json; charset=utf-8',
        `content-length: ${Buffer.byteLength(body)}`,
        `${headerNames.correlationId}: ${correlationId}`,
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  };
}

function tooLarge(): AppError {
  return new AppError('HEADER_LIMIT_EXCEEDED', `The headers are larger than ${maxHeaderBytes} bytes.`, {
    details: { limitBytes: maxHeaderBytes },
  });
}

function unreadable(): AppError {
  return new AppError('BAD_REQUEST', 'This is not an HTTP request that the gateway can read.');
}
