import { createLogger, runProcess } from '@nova/runtime';
import { readEnv, toConfig } from '../config.ts';
import { createContentService } from '../service.ts';

await runProcess(createLogger({ service: 'content' }), async () =>
  createContentService(toConfig(readEnv(process.env))),
);
