import { protoBreakingCommand, writeBaselineCommand } from './proto-baseline.ts';
import { runStep } from './run-step.ts';

/** Makes what `proto/` says now the baseline: when a release is cut. What breaks the one before is refused first. */
runStep([process.execPath, 'scripts/print-validate-proto.ts'], { cwd: 'proto' });
try {
  runStep(protoBreakingCommand(), { cwd: 'proto' });
  runStep(writeBaselineCommand(), { cwd: 'proto' });
  console.log('proto/baseline.binpb is what proto/ says now: commit it with the release.');
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
