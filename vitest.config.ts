import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';
import { SkipReporter } from './packages/testkit/src/skip-reporter.ts';

export default defineConfig({
  // Vite would take graphql's ES modules while Apollo loads the CommonJS ones, and instanceof would fail between the two.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['{packages,subgraphs}/*/{src,tests}/**/*.test.ts', '{gateway,deploy,tools}/**/*.test.ts'],
    // Faults are timed and want the machine for themselves: FAULTS=short, or `npm run test:faults`, runs them.
    exclude: ['**/node_modules/**', ...(process.env.FAULTS ? [] : ['**/*.faults.test.ts'])],
    globalSetup: 'packages/testkit/src/global-setup.ts',
    reporters: ['default', new SkipReporter()],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 120_000,
    // Conditions are waited for, not timed: a busy machine is slow, not wrong.
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 120_000,
  },
});
