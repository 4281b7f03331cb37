import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CompositionResult } from '@nova/registry';
import { apiSchemaFile, supergraphFile } from '@nova/schema';
import { root } from '../../../tools/run-step.ts';
import { filesMatching, fingerprint } from '../bootstrap/fingerprint.mjs';
import { runToEnd } from './run-to-end.ts';

export async function compose(signal?: AbortSignal): Promise<CompositionResult> {
  let result: CompositionResult | undefined;
  await runToEnd(
    { name: 'composition', entry: 'deploy/dev/launcher/compose-worker.ts' },
    { signal, onMessage: (message) => (result = message as CompositionResult) },
  );
  if (!result) throw new Error('The composer ended without a result.');
  return result;
}

/** Writes the supergraph and the API schema where they differ; the gateway serves a changed supergraph at once. */
export function publish(composed: { supergraphSdl: string; apiSdl: string }): boolean {
  const changes = [
    { file: fileURLToPath(supergraphFile), text: `${composed.supergraphSdl}\n` },
    { file: fileURLToPath(apiSchemaFile), text: `${composed.apiSdl}\n` },
  ].filter(({ file, text }) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
  for (const { file, text } of changes) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
  return changes.length > 0;
}

const sources = [
  'schema/*.graphql',
  'schema/domains.json',
  'schema/subgraphs/*.graphql',
  'packages/registry/src/*.ts',
  'pnpm-lock.yaml',
];

/** Brings the composed files up to what the subgraphs say, should they have been edited while nothing ran. */
export async function publishIfChanged(
  dataDir: string,
  options: { signal: AbortSignal; print(text: string): void },
): Promise<void> {
  const stamp = join(dataDir, 'composed');
  const now = () => fingerprint(root, filesMatching(root, sources));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now()) return;
  const result = await compose(options.signal);
  if (result.kind === 'failed') {
    options.print(compositionErrors(result.errors, 'the gateway serves the last supergraph that composed'));
    return;
  }
  if (publish(result)) options.print('schema/supergraph.graphql was behind the subgraphs; it is composed anew.');
  writeFileSync(stamp, now());
}

export function compositionErrors(errors: readonly string[], consequence: string): string {
  return [
    '',
    `The subgraphs do not compose; ${consequence}.`,
    ...errors.map((error) => `  ${error.split('\n').join('\n  ')}`),
    '',
  ].join('\n');
}
