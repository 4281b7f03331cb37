import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createEventsService } from '../service.ts';

await runProcess(createLogger({ service: 'events' }), async () =>
  createEventsService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
