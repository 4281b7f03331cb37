import { type RequestContext, type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';

/** Starts social: follows, blocks, likes and home feeds. */
export function createSocialService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, RequestContext>({ name: 'social', config, overrides, build: () => ({}) });
}
