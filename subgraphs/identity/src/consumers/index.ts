import type { Deps } from '../deps.ts';
import { erasureRequested } from './erasure-requested.ts';

/** What identity listens to. */
export const consumers = ({ eraseUser }: Pick<Deps, 'eraseUser'>) => [erasureRequested(eraseUser)];
