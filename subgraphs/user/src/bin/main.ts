import { createLogger, runProcess } from '@nova/runtime';
import { readEnv, toConfig } from '../config.ts';
import { createUserService } from '../service.ts';

await runProcess(createLogger({ service: 'user' }), async () => createUserService(toConfig(readEnv(process.env))));
