import { createLogger, runProcess } from '@nova/runtime';
import { readEnv, toConfig } from '../config.ts';
import { createIdentityService } from '../service.ts';

await runProcess(createLogger({ service: 'identity' }), async () =>
  createIdentityService(toConfig(readEnv(process.env))),
);
