import { createLogger, runProcess } from '@nova/runtime';
import { readRoles } from '@nova/subgraph';
import { readEnv, toConfig } from '../config.ts';
import { createCommunicationService } from '../service.ts';

await runProcess(createLogger({ service: 'communication' }), async () =>
  createCommunicationService(toConfig(readEnv(process.env)), { roles: readRoles(process.argv.slice(2)) }),
);
