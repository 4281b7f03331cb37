import { runMigrations } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { migrations } from '../db/migrations/index.ts';

await runMigrations(createLogger({ service: 'communication' }), {
  schema: 'communication',
  migrations,
  env: process.env,
});
