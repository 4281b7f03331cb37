import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,subgraphs}/*/{src,tests}/**/*.test.ts', '{gateway,deploy,tools}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: 'packages/testkit/src/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
