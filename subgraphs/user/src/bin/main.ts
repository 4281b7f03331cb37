import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createUserService } from '../service.ts';

await runProcess(createLogger({ service: 'user' }), async () =>
  createUserService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
