import type { Deps } from '../deps.ts';
import { erasureContinued, erasureRequested } from './erasure.ts';

/** What content listens to. */
export function createConsumers(deps: Deps) {
  return [erasureRequested(deps), erasureContinued(deps)];
}
