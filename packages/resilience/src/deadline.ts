import { AppError } from '@nova/errors';

/** A point in time by which a request must be answered, and the signal that ends its work when it is not. */
export type Deadline = {
  /** Milliseconds left, never negative. */
  remainingMs(): number;
  /** Aborts with `DEADLINE_EXCEEDED` when time is up, or with the parent's reason when the caller goes away. */
  readonly signal: AbortSignal;
  /** Frees the timer; call it when the request has been answered. */
  clear(): void;
};

export function startDeadline(timeoutMs: number, parent?: AbortSignal): Deadline {
  const endsAt = performance.now() + timeoutMs;
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new AppError('DEADLINE_EXCEEDED', `The request took longer than ${timeoutMs} ms.`));
  }, timeoutMs);
  const onParentAbort = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParentAbort();
  parent?.addEventListener('abort', onParentAbort, { once: true });
  return {
    remainingMs: () => Math.max(0, Math.floor(endsAt - performance.now())),
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', onParentAbort);
    },
  };
}
