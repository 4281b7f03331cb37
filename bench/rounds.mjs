import { sameAnswers } from './home-page.mjs';
import { cpuSeconds, load, residentMb } from './processes.mjs';

const warmUpRequests = 1_500;

/**
 * Measures the ways in turn, round after round, so that whatever disturbs the machine disturbs all of them; each round
 * begins with another one. All get the same number of requests. At the end, apart: Nova with a token it has never seen
 * on every request.
 */
export async function measure(contenders, options) {
  const { pages, rounds, connections, onProgress } = options;
  const { nova, plain } = contenders;
  const { headers } = pages;
  const ways = [
    { name: 'plain, text', ...plain, bodies: pages.byText },
    { name: 'Nova, text', ...nova, bodies: pages.byText },
    { name: 'Nova, id', ...nova, bodies: pages.byId },
  ].map((way) => ({ ...way, requests: way.bodies.map((body) => ({ headers, body })), samples: [] }));
  const speeds = [];
  for (const way of ways) {
    const { requestsPerSecond } = await sample(way, { connections, count: warmUpRequests });
    speeds.push(requestsPerSecond);
  }
  const count = Math.ceil((Math.min(...speeds) * options.seconds) / connections) * connections;
  onProgress(`Warm. ${rounds} rounds of ${ways.length} times ${count} requests ...`);
  for (let round = 0; round < rounds; round++) {
    const order = ways.map((_, index) => ways[(index + round) % ways.length]);
    for (const way of order) way.samples.push(await sample(way, { connections, count }));
    onProgress(`round ${round + 1}: ${ways.map(({ name, samples }) => `${name} ${brief(samples.at(-1))}`).join('; ')}`);
  }
  const memoryMb = { nova: residentMb(nova.pid), plain: residentMb(plain.pid) };
  const firstSight = await sample(withFreshTokens(contenders, pages), { connections, count: freshTokenCount });
  await sameAnswers(contenders, { headers, byText: pages.byText[0], byId: pages.byId[0] });
  return { ways: ways.map(({ name, samples }) => ({ name, samples })), count, memoryMb, firstSight };
}

const freshTokenCount = 960;

function withFreshTokens({ nova, freshTokens }, { headers, byText }) {
  const requests = freshTokens(freshTokenCount).map((token, index) => ({
    headers: { ...headers, authorization: `Bearer ${token}` },
    body: byText[index % byText.length],
  }));
  return { ...nova, requests };
}

async function sample({ pid, url, requests }, run) {
  const before = cpuSeconds(pid);
  const counted = await load({ url, requests, ...run });
  const used = cpuSeconds(pid) - before;
  return {
    requestsPerSecond: counted.requests / counted.seconds,
    p50Ms: counted.p50Ms,
    p99Ms: counted.p99Ms,
    cpuMsPerRequest: (used * 1_000) / counted.requests,
  };
}

function brief({ requestsPerSecond, cpuMsPerRequest }) {
  return `${requestsPerSecond.toFixed(0)}/s ${cpuMsPerRequest.toFixed(2)} ms`;
}
