import { createLogger, runProcess } from '../src/index.ts';

const keepAlive = setInterval(() => {}, 1_000);

await runProcess(createLogger({ service: 'test' }), async () => {
  if (process.argv[2] === 'bad') throw new Error('no database');
  return { stop: async () => clearInterval(keepAlive) };
});
