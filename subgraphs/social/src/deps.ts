import type { Accounts } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Tables } from './db/tables.ts';
import type { Erase } from './erasures/erase.ts';
import type { Posts } from './grpc/clients.ts';
import type { LikeCommands } from './likes/like-commands.ts';
import type { LikeCounts } from './likes/like-counts.ts';
import type { RelationCommands } from './relations/relation-commands.ts';
import type { TimelineCommands } from './timelines/timeline-commands.ts';

/** What the doors of social are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly accounts: Accounts;
  readonly posts: Posts;
  readonly relations: RelationCommands;
  readonly likes: LikeCommands;
  readonly likeCounts: LikeCounts;
  readonly timelines: TimelineCommands;
  /** Deletes all that is kept of a user. */
  readonly erase: Erase;
};
