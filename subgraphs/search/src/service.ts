import { type RequestContext, type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';

/** Starts search: what finds people and posts. */
export function createSearchService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, RequestContext>({ name: 'search', config, overrides, build: () => ({}) });
}
