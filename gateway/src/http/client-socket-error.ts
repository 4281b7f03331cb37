import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '@nova/errors';
import { correlationIdFrom, headerNames } from '@nova/runtime';
import type { ToClientError } from './client-error.ts';
import { maxPipelined } from './pipelining.ts';

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
    const { headers, body } = answerTo(error.code === 'HPE_HEADER_OVERFLOW' ? tooLarge() : unreadable(), toClientError);
    socket.end(
      [
        `HTTP/1.1 ${statusLines[error.code ?? ''] ?? '400 Bad Request'}`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        '',
        body,
      ].join('\r\n'),
    );
  };
}

/** Answers the request that is one too many of its connection. */
export function answerPipelined(toClientError: ToClientError) {
  return (response: ServerResponse): void => {
    const { headers, body } = answerTo(tooManyAtOnce(), toClientError);
    response.writeHead(400, headers).end(body);
  };
}

function answerTo(refusal: AppError, toClientError: ToClientError) {
  const correlationId = correlationIdFrom(undefined);
  const body = JSON.stringify({ errors: [toClientError(refusal, correlationId)] });
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    [headerNames.correlationId]: correlationId,
    connection: 'close',
  };
  return { headers, body };
}

function tooLarge(): AppError {
  return new AppError('HEADER_LIMIT_EXCEEDED', `The headers are larger than ${maxHeaderBytes} bytes.`, {
    details: { limitBytes: maxHeaderBytes },
  });
}

function tooManyAtOnce(): AppError {
  return new AppError('BAD_REQUEST', `More than ${maxPipelined} requests wait on this connection.`, {
    details: { limit: maxPipelined },
  });
}

function unreadable(): AppError {
  return new AppError('BAD_REQUEST', 'This is not an HTTP request that the gateway can read.');
}
