import { startRelay } from '@nova/outbox';
import { type LogChoice, openLog } from './engines.ts';

/** One relay in a process of its own, with its default limits. Tells each publication: when, how many, how long each waited. */
export type RelayReport = {
  readonly atMs: number;
  readonly rows: number;
  readonly latenciesMs: readonly number[];
  /** Resident memory of the relay's process. */
  readonly residentMb: number;
};

const { directUrl, choice }: { directUrl: string; choice: LogChoice } = JSON.parse(process.argv[2] ?? '{}');
const log = openLog(choice, directUrl);
const relay = startRelay({
  directUrl,
  schema: 'content',
  log,
  observer: {
    onConnected: (connected) => connected && process.send?.({ type: 'ready' }),
    onPublished({ rows, latenciesMs }) {
      const report: RelayReport = {
        atMs: Date.now(),
        rows,
        latenciesMs,
        residentMb: process.memoryUsage.rss() / 1_048_576,
      };
      process.send?.(report);
    },
  },
});
process.once('SIGTERM', async () => {
  await relay.stop();
  await log.stop();
  process.exit(0);
});
process.once('disconnect', () => process.exit(1));
