import type { Accounts } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { CommentCommands } from './comments/comment-commands.ts';
import type { Tables } from './db/tables.ts';
import type { Media, Relations } from './grpc/clients.ts';
import type { PostCommands } from './posts/post-commands.ts';
import type { StoredPosts } from './posts/stored-posts.ts';

/** What the doors of content are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly posts: PostCommands;
  readonly storedPosts: StoredPosts;
  readonly comments: CommentCommands;
  readonly accounts: Accounts;
  readonly relations: Relations;
  readonly media: Media;
};
