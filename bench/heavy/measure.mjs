import { load } from '../processes.mjs';
import { treeCpuSeconds, treeResidentMb } from './process-tree.mjs';
import { takeCounts } from './subgraph-counts.mjs';

/** Requests of the first look at a way, which warms it up and says how many take as long as a measurement should. */
const firstLook = { shared: 300, personal: 300, cold: 50 };

/**
 * Measures the ways of each workload in turn, round after round, each round beginning with another one. How many requests
 * a way gets depends on how fast it is, so that all are measured for as long. Cold documents are few: `coldRequests`.
 */
export async function measure(workloads, { subgraphs, rounds, seconds, coldRequests, connections, onProgress }) {
  const run = { subgraphs, connections };
  const whole = (count) => Math.max(2, Math.round(count / connections)) * connections;
  for (const { workload, ways, identified } of workloads) {
    for (const way of ways) {
      const { requestsPerSecond } = await sample(way, { ...run, identified, count: whole(firstLook[workload]) });
      way.count = whole(workload === 'cold' ? coldRequests : requestsPerSecond * seconds);
      // Compilers are done only after some thousand fields, which a slow gateway has resolved as well.
      if (workload !== 'cold') await sample(way, { ...run, identified, count: way.count });
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { workload, ways, identified } of workloads) {
      for (let at = 0; at < ways.length; at += 1) {
        const way = ways[(at + round) % ways.length];
        way.samples.push(await sample(way, { ...run, identified, count: way.count }));
      }
      onProgress(`round ${round + 1}, ${workload}: ${ways.map(brief).join('; ')}`);
    }
  }
}

async function sample({ pid, url, name, workload, requests }, { subgraphs, connections, identified, count }) {
  await takeCounts(subgraphs);
  const before = treeCpuSeconds(pid);
  const sent = requests(count);
  const counted = await load({ url, connections, count, requests: sent, divided: true });
  const used = treeCpuSeconds(pid) - before;
  const asked = await takeCounts(subgraphs);
  if (identified && (asked.identified < asked.requests || asked.callers < Math.min(count, sent.length)))
    throw new Error(`${name} did not tell the subgraphs whom each call was for; "${workload}" would mean nothing.`);
  return {
    requestsPerSecond: counted.requests / counted.seconds,
    p50Ms: counted.p50Ms,
    p99Ms: counted.p99Ms,
    cpuMsPerRequest: (used * 1_000) / counted.requests,
    residentMb: treeResidentMb(pid),
    subgraphRequests: asked.requests / counted.requests,
    callers: asked.callers,
  };
}

function brief({ name, samples }) {
  const { requestsPerSecond, cpuMsPerRequest } = samples.at(-1);
  return `${name} ${requestsPerSecond.toFixed(0)}/s ${cpuMsPerRequest.toFixed(2)} ms`;
}
