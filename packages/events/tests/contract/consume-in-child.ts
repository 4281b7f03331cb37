import { setTimeout as delay } from 'node:timers/promises';
import type { ChildTask } from './child-member.ts';
import { openLog } from './log-engine.ts';

/** A member of a group in a process of its own: says as a line of JSON what it handled, then commits it. */
const { engine, group, topic, handleMs }: ChildTask = JSON.parse(process.argv[2] ?? '');
const log = openLog(engine);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const consumer = await log.consume({
  group,
  topics: [topic],
  onTrouble: ({ what, error }) => process.stderr.write(`${what} ${error}\n`),
  async onBatch({ partition, records }, { signal, commit }) {
    for (const { key, offset, value } of records) {
      if (signal.aborted) return;
      say({ kind: 'begun', partition });
      await delay(handleMs);
      const at = String(process.hrtime.bigint());
      say({ kind: 'handled', key, partition, offset: String(offset), text: Buffer.from(value).toString(), at });
      await commit(offset + 1n).catch((error: Error) => {
        say({ kind: 'refused', partition, offset: String(offset) });
        throw error;
      });
    }
  },
});
say({ kind: 'joined' });

const stop = async () => {
  await consumer.stop();
  await log.stop();
  process.exit();
};
process.once('SIGTERM', () => void stop());
// Nobody outlives the test.
process.stdin.on('close', () => process.exit()).resume();
