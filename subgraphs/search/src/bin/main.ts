import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createSearchService } from '../service.ts';

await runProcess(createLogger({ service: 'search' }), async () =>
  createSearchService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
