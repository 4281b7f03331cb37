import { createLogger } from '../src/index.ts';

/** Started as a child by logger-exit.test.ts: logs, waits to be told, logs again and exits. */
const log = createLogger({ service: 'child' });
log.info('started');
process.once('message', () => {
  log.info('the reader is gone');
  log.info('and more');
  process.exit(7);
});
