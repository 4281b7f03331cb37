import { AppError } from '@nova/errors';

/**
 * What `work` resolves to, or rejects with, when it does so within `timeoutMs` milliseconds. Then it rejects with
 * DEADLINE_EXCEEDED, whatever `work` does about its signal, which aborts with that error; how `work` ends after it is of no
 * consequence, not even as an unhandled rejection. The timer is gone as soon as there is a result.
 */
export async function within<T>(timeoutMs: number, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new AppError('DEADLINE_EXCEEDED', `No answer within ${timeoutMs} ms.`);
    late.reject(error);
    controller.abort(error);
  }, timeoutMs);
  try {
    return await Promise.race([work(controller.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
