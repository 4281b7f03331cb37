import { eventLogSchema, runMigrations } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { eventLogMigrations } from '../src/postgres/migrations/index.ts';

await runMigrations(createLogger({ service: 'event-log' }), {
  schema: eventLogSchema,
  migrations: eventLogMigrations,
  env: process.env,
});
