import { createLogger, runProcess } from '@nova/runtime';
import { readEnv, toConfig } from '../config.ts';
import { createGateway } from '../gateway.ts';

const settings = readEnv(process.env);
const config = toConfig(settings);
const log = createLogger({ service: 'gateway', level: config.logLevel });

await runProcess(log, () => createGateway(config, { log }), { graceMs: config.drainTimeoutMs + 5_000 });
