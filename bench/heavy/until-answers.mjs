import { setTimeout as pause } from 'node:timers/promises';

const limitMs = 60_000;

/** Resolves when the gateway that is a child process answers GraphQL; rejects when it ends, or after a minute. */
export async function untilAnswers(child, { name, url }) {
  let failure;
  child.once('error', (error) => {
    failure = error;
  });
  const startedAt = performance.now();
  while (!(await answers(url))) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`${name} ended with code ${child.exitCode}.`);
    if (performance.now() - startedAt > limitMs) throw new Error(`${name} was not ready in time.`);
    await pause(100);
  }
}

async function answers(url) {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: '{"query":"{__typename}"}' });
    return (await response.json()).data?.__typename === 'Query';
  } catch {
    return false;
  }
}
