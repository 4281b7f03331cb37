import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with every test that was skipped and why: a skipped test must not pass for one that ran. */
export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    if (skipped.length === 0) return;
    console.log(`\nSkipped on this machine (REQUIRE_SERVICES=1 makes a missing program a failure):`);
    for (const test of skipped) {
      const result = test.result();
      const reason = result.state === 'skipped' && result.note ? result.note : 'no reason was given';
      console.log(`  - ${test.fullName}: ${reason}`);
    }
  }
}
