import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** An HTTP answer, whole. */
export type Exchanged = { readonly statusCode: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/**
 * Sends one request and reads its answer whole: `request()` of undici without a stream in between, which took as long as all
 * else of a call. Rejects with undici's error, or with the signal's reason when that aborts.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Exchanged> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const chunks: Buffer[] = [];
  let head: Omit<Exchanged, 'text'> | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  const abort = () => {
    controller?.abort(signal.reason);
    settle(() => reject(signal.reason));
  };
  const settle = (done: () => void) => {
    signal.removeEventListener('abort', abort);
    done();
  };
  signal.addEventListener('abort', abort, { once: true });
  dispatcher.dispatch(options, {
    onRequestStart(started) {
      controller = started;
      // It waited for a connection meanwhile.
      if (signal.aborted) started.abort(signal.reason);
    },
    onResponseStart(_controller, statusCode, headers) {
      // What comes before it, such as 103 Early Hints, is no answer.
      if (statusCode >= 200) head = { statusCode, headers };
    },
    onResponseData: (_controller, chunk) => void chunks.push(chunk),
    onResponseEnd: () => settle(() => head && resolve({ ...head, text: Buffer.concat(chunks).toString() })),
    onResponseError: (_controller, error) => settle(() => reject(error)),
  });
  return promise;
}
