import { threeFetches } from './documents.mjs';
import { runInProcess } from './run-in-process.mjs';
import { takeCounts } from './subgraph-counts.mjs';

const delayMs = 5;
const rate = 100;
const seconds = 8;
const warmUpSeconds = 3;
const connections = 10;
const json = { 'content-type': 'application/json' };

/**
 * How much later an answer comes through a gateway than its three calls to subgraphs take one after another, asked by the
 * same client in the same way. The plan is known, the viewer is another each time, so that nothing is shared.
 */
export async function measureOverhead({ subgraphs, subgraphsUrl, systems, tokens, onProgress }) {
  const body = JSON.stringify({ query: threeFetches.document });
  const requests = tokens.map((token) => [{ headers: { ...json, authorization: `Bearer ${token}` }, body }]);
  const run = { rate, seconds, connections };
  subgraphs.send({ type: 'delay', delayMs });
  const measured = [];
  for (const [name, { url }] of Object.entries(systems)) {
    if (name.endsWith('-sharing')) continue;
    await runInProcess(client, { ...run, seconds: warmUpSeconds, url, requests });
    await takeCounts(subgraphs);
    const latencies = await runInProcess(client, { ...run, url, requests });
    const asked = await takeCounts(subgraphs);
    const subgraphRequests = asked.requests / latencies.sent;
    measured.push({ name, ...latencies, subgraphRequests, calls: asked.sample });
    onProgress(`overhead, ${name}: p50 ${latencies.p50Ms.toFixed(2)} ms, p99 ${latencies.p99Ms.toFixed(2)} ms`);
  }
  const [{ calls }] = measured;
  if (calls.length !== threeFetches.waves) throw new Error(`The operation takes ${calls.length} calls, not three.`);
  const inTurn = calls.map(({ path, body: call }) => ({ path, headers: json, body: call }));
  const direct = await runInProcess(client, { ...run, url: subgraphsUrl, requests: [inTurn] });
  onProgress(`overhead, direct: p50 ${direct.p50Ms.toFixed(2)} ms, p99 ${direct.p99Ms.toFixed(2)} ms`);
  const ways = measured.map(({ calls: _, ...rest }) => rest);
  return { direct, systems: ways, rate, seconds, delayMs, waves: threeFetches.waves };
}

const client = new URL('open-loop-client.mjs', import.meta.url);
