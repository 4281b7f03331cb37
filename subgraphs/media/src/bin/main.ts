import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createMediaService } from '../service.ts';

await runProcess(createLogger({ service: 'media' }), async () =>
  createMediaService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
