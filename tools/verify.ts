import { protoBreakingCommand } from './proto-baseline.ts';
import { nodeProgram, runStep } from './run-step.ts';

const buf = [process.execPath, 'node_modules/@bufbuild/buf/bin/buf'];

/** What has to hold before a change lands, cheapest first. `--no-tests` leaves the tests out. */
const steps: ReadonlyArray<{ readonly name: string; readonly command: readonly string[]; readonly cwd?: string }> = [
  {
    name: 'format and lint',
    command: nodeProgram('@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '.'),
  },
  { name: 'boundaries', command: [process.execPath, 'tools/check-boundaries.ts'] },
  { name: 'proto lint', command: [...buf, 'lint'], cwd: 'proto' },
  { name: 'proto format', command: [...buf, 'format', '--path', 'nova', '--diff', '--exit-code'], cwd: 'proto' },
  { name: 'proto breaks nothing', command: protoBreakingCommand(), cwd: 'proto' },
  { name: 'codegen', command: [process.execPath, 'tools/codegen.ts'] },
  {
    name: 'supergraph is fresh',
    command: [process.execPath, 'packages/cli/bin/nova.ts', 'schema', 'compose', '--check'],
  },
  {
    name: 'manifest is fresh',
    command: [process.execPath, 'packages/cli/bin/nova.ts', 'persisted', 'build', '--check'],
  },
  { name: 'documents are fresh', command: [process.execPath, 'tools/documents.ts', '--check'] },
  { name: 'types', command: nodeProgram('typescript/bin/tsc', '-p', '.') },
];

const failed: string[] = [];
for (const { name, command, cwd } of steps) {
  const started = performance.now();
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    runStep(command, { cwd });
    console.log(`✓ ${name} (${took()})`);
  } catch (error) {
    failed.push(name);
    console.error(`✗ ${name} (${took()})\n${error instanceof Error ? error.message : String(error)}`);
  }
}
if (failed.length === 0 && !process.argv.includes('--no-tests')) {
  try {
    runStep(nodeProgram('vitest/vitest.mjs', 'run'), { inherit: true });
  } catch {
    failed.push('tests');
  }
}
if (failed.length > 0) {
  console.error(`\nNot verified: ${failed.join(', ')}.`);
  process.exitCode = 1;
}
