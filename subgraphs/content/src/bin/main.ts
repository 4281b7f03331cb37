import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createContentService } from '../service.ts';

await runProcess(createLogger({ service: 'content' }), async () =>
  createContentService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
