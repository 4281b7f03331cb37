import { composeFromFiles } from '@nova/registry';
import { apiSchemaFile, supergraphFile } from '@nova/schema';
import type { Output } from './command.ts';
import { writeOrCheck } from './write-or-check.ts';

/** Composes the subgraphs; composition errors are printed one a line. */
export async function composeSchema({ check, output }: { check: boolean; output: Output }): Promise<number> {
  const result = composeFromFiles();
  if (result.kind === 'failed') {
    output.error(['The subgraphs do not compose:', ...result.errors.map((error) => `  - ${error}`)].join('\n'));
    return 1;
  }
  for (const hint of result.hints) output.log(`hint: ${hint}`);
  const files = new Map([
    [supergraphFile, `${result.supergraphSdl.trimEnd()}\n`],
    [apiSchemaFile, `${result.apiSdl.trimEnd()}\n`],
  ]);
  return writeOrCheck(files, { check, output, command: 'schema compose' });
}
