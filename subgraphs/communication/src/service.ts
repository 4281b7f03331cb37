import { type RequestContext, type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';

/** Starts communication: conversations, messages and notifications. */
export function createCommunicationService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, RequestContext>({ name: 'communication', config, overrides, build: () => ({}) });
}
