import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createIdentityService } from '../service.ts';

await runProcess(createLogger({ service: 'identity' }), async () =>
  createIdentityService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
