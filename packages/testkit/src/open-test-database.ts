import { type Database, openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';

/** For looking behind a service's back, and for what no service would write. */
export function openTestDatabase<Tables>(url: string): Database<Tables> {
  return openDatabase<Tables>({
    url,
    poolMax: 4,
    applicationName: 'test',
    log: createLogger({ service: 'test', level: 'silent' }),
  });
}
