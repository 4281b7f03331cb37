import { erasureRequested } from './erasure-requested.ts';
import { postDeleted } from './post-deleted.ts';

/** What media listens to. */
export const consumers = [postDeleted, erasureRequested];
