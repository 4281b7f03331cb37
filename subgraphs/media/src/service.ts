import { type RequestContext, type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';

/** Starts media: images, videos and live streams. */
export function createMediaService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, RequestContext>({ name: 'media', config, overrides, build: () => ({}) });
}
