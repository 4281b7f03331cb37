import { request } from 'undici';

export type Traffic = {
  /** What went wrong, of each request that was not answered with 200 and data only. */
  readonly failures: readonly string[];
  /** Of those that were, in milliseconds, from when each was due. */
  readonly latenciesMs: readonly number[];
};

/**
 * Posts bodies in turn to /graphql, `perSecond` of them, whether or not earlier ones were answered. `stop` waits for those
 * under way.
 */
export function startTraffic(options: {
  readonly url: string;
  readonly perSecond: number;
  readonly bodies: readonly string[];
}): { stop(): Promise<Traffic> } {
  const { url, perSecond, bodies } = options;
  const failures: string[] = [];
  const latenciesMs: number[] = [];
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const dueMs = () => startedAt + (sent * 1000) / perSecond;
    for (; dueMs() <= performance.now(); sent += 1) {
      const due = dueMs();
      const one = failureOf(url, bodies[sent % bodies.length] as string).then((failure) => {
        if (failure === undefined) latenciesMs.push(performance.now() - due);
        else failures.push(failure);
        underWay.delete(one);
      });
      underWay.add(one);
    }
  }, 1);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      return { failures, latenciesMs };
    },
  };
}

async function failureOf(url: string, body: string): Promise<string | undefined> {
  try {
    const answer = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.body.text();
    return answer.statusCode === 200 && !text.includes('"errors":') ? undefined : `${answer.statusCode} ${text}`;
  } catch (error) {
    return String(error);
  }
}
