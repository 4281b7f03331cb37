import { Pool } from 'undici';

/**
 * Takes one run by IPC: {url, rate, seconds, connections, requests}, where each of the requests is a list of {path?,
 * headers, body} sent one after another. Starts `rate` of them a second, whether or not the ones before are answered, and
 * answers {sent, p50Ms, p99Ms} of the last three quarters of the time. A failed request ends it.
 */
process.on('disconnect', () => process.exit());
process.once('message', async ({ url, rate, seconds, connections, requests }) => {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const count = rate * seconds;
  const startedAt = performance.now();
  const all = [];
  for (let at = 0; at < count; at += 1) {
    const dueMs = startedAt + (at * 1_000) / rate - performance.now();
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    all.push(timed(pool, requests[at % requests.length], pathname));
  }
  const latencies = (await Promise.all(all)).slice(count / 4).toSorted((a, b) => a - b);
  const percentile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  process.send({ sent: count, p50Ms: percentile(0.5), p99Ms: percentile(0.99) });
  process.disconnect();
});

async function timed(pool, requests, pathname) {
  const startedAt = performance.now();
  for (const { path = pathname, headers, body } of requests) {
    const response = await pool.request({ method: 'POST', path, headers, body });
    const text = await response.body.text();
    if (response.statusCode !== 200 || text.includes('"errors":[')) throw new Error(`Failed: ${text.slice(0, 500)}`);
  }
  return performance.now() - startedAt;
}
