import { isErrorCode } from '@nova/errors';
import { expect } from 'vitest';
import { exchange, type Message, type RawAnswer } from './exchange.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Outcome } from './hostile-input.ts';

/** What one input may cost, in milliseconds. */
const limits = { cpuMs: 50, delayMs: 50 };
/** The least of five is looked at; of ten where the machine is so busy that work costs a multiple. */
const attempts = 10;

type Costs = Readonly<Record<keyof typeof limits, number>>;

/**
 * Sends a message until it cost little enough, and judges every answer. Fails when one is not a refusal by a code of the
 * closed list, and when it cost too much every time.
 */
export async function judge(
  gateway: GatewayProcess,
  message: (attempt: number) => Message,
): Promise<ReadonlySet<Outcome>> {
  const outcomes = new Set<Outcome>();
  let least: Costs = { cpuMs: Number.POSITIVE_INFINITY, delayMs: Number.POSITIVE_INFINITY };
  for (let attempt = 0; attempt < attempts && !isWithinLimits(least); attempt += 1) {
    const sent = message(attempt);
    await gateway.figures();
    const answers = await exchange(gateway.url, sent);
    const { cpuMs, delayMs, polluted } = await gateway.figures();
    least = { cpuMs: Math.min(least.cpuMs, cpuMs), delayMs: Math.min(least.delayMs, delayMs) };
    expect(polluted).toEqual([]);
    for (const answer of answers) outcomes.add(outcomeOf(answer));
    if (answers.length === 0) outcomes.add('NOTHING');
  }
  expect(gateway.isRunning).toBe(true);
  expect(isWithinLimits(least), `it costs ${JSON.stringify(least)}`).toBe(true);
  return outcomes;
}

function isWithinLimits({ cpuMs, delayMs }: Costs): boolean {
  return cpuMs <= limits.cpuMs && delayMs <= limits.delayMs;
}

/** Data, or the code of the first error. Errors beside data must have codes as well. */
export function outcomeOf({ status, body }: RawAnswer): Outcome {
  const { data, errors = [], ...others } = JSON.parse(body);
  expect(others).toEqual({});
  for (const { message, extensions } of errors) {
    expect(isErrorCode(extensions?.code), `no code in ${body.slice(0, 500)}`).toBe(true);
    expect(message.length).toBeLessThan(502);
  }
  expect(JSON.stringify(errors)).not.toMatch(/stack ?trace|call stack|node_modules|\.ts:|Did you mean/);
  if (status === 200) {
    expect(data, body.slice(0, 500)).toBeTypeOf('object');
    return 'DATA';
  }
  expect(status, body.slice(0, 500)).toBeGreaterThanOrEqual(400);
  expect(status, body.slice(0, 500)).toBeLessThan(500);
  return errors[0].extensions.code;
}
