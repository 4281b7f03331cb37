import { setTimeout as delay } from 'node:timers/promises';
import type { CallCause } from '@nova/rpc';

/** Most ids that one call may ask for. */
const maxIds = 1_000;
/** How long a call waits for others who ask at about the same time: nothing against the lag of an event. */
const gatherMs = 5;

/**
 * Reads one by one what `read` gives by many ids: what is asked for while a call is under way goes together into the next one, which
 * begins after it was asked for. A call is told the cause of the first who asked; its failure is that of all who did.
 */
export function createCoalescedReads<T>(
  read: (ids: readonly string[], cause: CallCause) => Promise<ReadonlyMap<string, T>>,
): (id: string, cause: CallCause) => Promise<T | undefined> {
  let waiting: Array<{ id: string; cause: CallCause; answer: PromiseWithResolvers<T | undefined> }> = [];
  let isReading = false;
  const readOn = async () => {
    isReading = true;
    while (waiting.length > 0) {
      await delay(gatherMs);
      const asked = waiting.slice(0, maxIds);
      waiting = waiting.slice(maxIds);
      const [first] = asked;
      if (!first) break;
      try {
        const found = await read([...new Set(asked.map(({ id }) => id))], first.cause);
        for (const { id, answer } of asked) answer.resolve(found.get(id));
      } catch (error) {
        for (const { answer } of asked) answer.reject(error);
      }
    }
    isReading = false;
  };
  return (id, cause) => {
    const answer = Promise.withResolvers<T | undefined>();
    waiting.push({ id, cause, answer });
    if (!isReading) void readOn();
    return answer.promise;
  };
}
