import { isDeepStrictEqual } from 'node:util';
import { Advice } from '../bootstrap/advice.mjs';
import type { Sample } from './seed-once.ts';

/** Sends the sample query through the gateway; throws `Advice` with both answers unless it is the expected one. */
export async function requireSampleAnswer(endpoint: string, sample: Sample, signal: AbortSignal): Promise<void> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: sample.query, variables: sample.variables }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  });
  const text = await response.text();
  const answer = parsed(text);
  if (response.ok && isDeepStrictEqual(answer, { data: sample.expected })) return;
  if (response.status === 403 && text.includes('PERSISTED_QUERY_REQUIRED'))
    throw new Advice(
      'PERSISTED_POLICY=id-only refuses the sample query that every start is checked with.\n' +
        'Start without it, and run a second gateway with that policy: docs/settings.md has its settings.',
    );
  throw new Advice(
    `Everything started, but the sample query is not answered as it should be (HTTP ${response.status}).\n\n${sample.query}\n\n` +
      `Expected: ${JSON.stringify({ data: sample.expected })}\n\nAnswered: ${text}\n\n` +
      'If you changed the schema on purpose, change deploy/dev/seed/sample-query.ts with it. If you changed the seed, start with --reset.',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
