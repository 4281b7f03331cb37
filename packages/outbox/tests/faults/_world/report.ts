import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isLong } from './form.ts';

export type Finding = {
  /** As in docs/events.md, such as `R1 acknowledged`. */
  readonly scenario: string;
  readonly log: 'kafka' | 'postgres';
  /** What was counted, in the order of printing; times are in seconds and say so in their names. */
  readonly counted: Readonly<Record<string, number | string>>;
};

const root = join(import.meta.dirname, '../../../../..');
const file = process.env.FAULTS_RESULTS ?? join(root, '.data/faults', isLong ? 'long.jsonl' : 'short.jsonl');

/** Prints one line, and appends it as JSON to the file that FAULTS_RESULTS names. */
export function report({ scenario, log, counted }: Finding): void {
  const told = Object.entries(counted).map(([name, value]) =>
    typeof value === 'number' ? `${+value.toFixed(2)} ${name}` : `${name}: ${value}`,
  );
  process.stdout.write(`${scenario} on ${log}: ${told.join(', ')}\n`);
  mkdirSync(dirname(file), { recursive: true });
  const form = isLong ? 'long' : 'short';
  appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), form, scenario, log, ...counted })}\n`);
}
