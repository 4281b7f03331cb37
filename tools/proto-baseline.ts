import { join } from 'node:path';
import { root } from './run-step.ts';

const buf = [process.execPath, join(root, 'proto/node_modules/@bufbuild/buf/bin/buf')];

/** What the last release said: descriptors of `proto/nova`, committed, written when a release is cut. */
const protoBaseline = join(root, 'proto/baseline.binpb');

/** Fails when the proto of the working directory, of the shape of `proto/`, breaks those who speak the baseline. */
export function protoBreakingCommand(): string[] {
  return [...buf, 'breaking', '--path', 'nova', '--against', protoBaseline];
}

export function writeBaselineCommand(): string[] {
  const output = ['-o', protoBaseline, '--exclude-source-info', '--as-file-descriptor-set'];
  return [...buf, 'build', '--path', 'nova', ...output];
}
