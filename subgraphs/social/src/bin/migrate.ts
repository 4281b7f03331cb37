import { runMigrations } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { migrations } from '../db/migrations/index.ts';

await runMigrations(createLogger({ service: 'social' }), { schema: 'social', migrations, env: process.env });
