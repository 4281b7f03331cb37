import { sameAnswers } from './home-page.mjs';
import { cpuSeconds, load, residentMb } from './processes.mjs';

const warmUpSeconds = 5;
const freshTokenCount = 960;

/**
 * Measures the ways in turn, round after round, so that whatever disturbs the machine disturbs all of them; each round
 * begins with another one. At the end, apart: Nova with a token it has never seen on every request.
 */
export async function measure(contenders, options) {
  const { pages, rounds, seconds, connections, onRound } = options;
  const { nova, plain } = contenders;
  const { headers } = pages;
  const ways = [
    { name: 'plain, text', ...plain, bodies: pages.byText },
    { name: 'Nova, text', ...nova, bodies: pages.byText },
    { name: 'Nova, id', ...nova, bodies: pages.byId },
  ].map((way) => ({ ...way, requests: way.bodies.map((body) => ({ headers, body })), samples: [] }));
  for (const way of ways) await sample(way, { connections, seconds: warmUpSeconds });
  for (let round = 0; round < rounds; round++) {
    const order = ways.map((_, index) => ways[(index + round) % ways.length]);
    for (const way of order) way.samples.push(await sample(way, { connections, seconds }));
    onRound(
      `round ${round + 1} of ${rounds}: ${ways.map(({ name, samples }) => `${name} ${brief(samples.at(-1))}`).join(', ')}`,
    );
  }
  const [byText] = pages.byText;
  const memoryMb = { nova: residentMb(nova.pid), plain: residentMb(plain.pid) };
  const firstSight = await sample(
    {
      ...nova,
      requests: contenders.freshTokens(freshTokenCount).map((token) => ({
        headers: { ...headers, authorization: `Bearer ${token}` },
        body: byText,
      })),
    },
    { connections, eachOnce: true },
  );
  await sameAnswers({ nova, plain, headers }, { byText, byId: pages.byId[0] });
  return { ways: ways.map(({ name, samples }) => ({ name, samples })), memoryMb, firstSight };
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
    requests: counted.requests,
  };
}

function brief({ requestsPerSecond, cpuMsPerRequest }) {
  return `${requestsPerSecond.toFixed(0)}/s ${cpuMsPerRequest.toFixed(2)} ms`;
}
