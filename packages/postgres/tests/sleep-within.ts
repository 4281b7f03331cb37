import { runWithin, startDeadline } from '@nova/resilience';
import { createLogger } from '@nova/runtime';
import { sql } from 'kysely';
import { openDatabase } from '../src/index.ts';

/** Started as a child by request-statements.test.ts, to be paused: a request of 1 s has PostgreSQL sleep for a minute. */
const [url = ''] = process.argv.slice(2);
const log = createLogger({ service: 'test', level: 'silent' });
const { db } = openDatabase<unknown>({ url, poolMax: 1, applicationName: 'sleeper', log });
await runWithin(startDeadline(1_000), () => sql`select pg_sleep(60)`.execute(db)).catch(() => undefined);
