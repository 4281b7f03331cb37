import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createPostsAndComments from './20261121090000-create-posts-and-comments.ts';
import * as completePosts from './20261122020000-complete-posts.ts';
import * as threadComments from './20261122020100-thread-comments.ts';
import * as indexErasure from './20261122020200-index-erasure.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  '20261121090000-create-posts-and-comments': createPostsAndComments,
  '20261122020000-complete-posts': completePosts,
  '20261122020100-thread-comments': threadComments,
  '20261122020200-index-erasure': indexErasure,
  ...outboxMigrations,
  ...idempotencyMigrations,
};
