import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createSocialService } from '../service.ts';

await runProcess(createLogger({ service: 'social' }), async () =>
  createSocialService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
