import { demoLogin, sampleQuery, seedDatabases } from '../seed/index.ts';
import type { SeedMessage, SeedTask } from './seed-once.ts';

/** Run by seed-once.ts as a child: fills the databases (when it gets told where they are) and tells what was made up. */
const launcherIsGone = () => process.exit(1);
process.on('disconnect', launcherIsGone);
const tell = (message: SeedMessage) => new Promise((resolve) => process.send?.(message, resolve));

const task: SeedTask = JSON.parse(process.env.NOVA_SEED_TASK ?? '{}');
if (task.target) {
  const { mediaDirectory, urls } = task.target;
  const { identity = '', user = '', content = '', media = '', communication = '', search = '', social = '' } = urls;
  await seedDatabases({
    urls: { identity, user, content, media, communication, search, social },
    mediaDirectory,
    size: task.size,
    onProgress: ({ table, done, total }) => void tell({ progress: `${table} ${done} of ${total}` }),
  });
}
await tell({ facts: { sample: sampleQuery(task.size), demoLogin } });
process.off('disconnect', launcherIsGone);
process.disconnect();
