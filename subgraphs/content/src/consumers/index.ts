import { erasureContinued, erasureRequested } from './erasure.ts';

/** What content listens to. */
export const consumers = [erasureRequested, erasureContinued];
