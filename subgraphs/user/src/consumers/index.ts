import { accountRegistered } from './account-registered.ts';
import { postCreated } from './post-created.ts';
import { postDeleted } from './post-deleted.ts';

/** What user listens to. */
export const consumers = [accountRegistered, postCreated, postDeleted];
