import type { UserIdentity } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import { openTestDatabase, registerAccount, startSubgraphs, subgraphClient } from '@nova/testkit';
import type { Tables } from '../src/db/tables.ts';
import { mediaPeer, socialPeer } from './_peers.ts';

/** Content behind its real door, an account to write with, the domains that it asks, and the database it writes to. */
export async function startContent(options: { roles?: readonly Role[]; env?: Readonly<Record<string, string>> } = {}) {
  const social = await socialPeer();
  const media = await mediaPeer();
  const subgraphs = await startSubgraphs({
    ...options,
    domains: ['identity', 'user', 'content'],
    env: { SOCIAL_GRPC_URL: social.address, MEDIA_GRPC_URL: media.address, ...options.env },
  });
  await social.start(subgraphs.keys.verify);
  await media.start(subgraphs.keys.verify);
  const database = openTestDatabase<Tables>(subgraphs.database.urlFor('content'));
  return {
    ...subgraphs,
    socialPeer: social,
    mediaPeer: media,
    db: database.db,
    send: subgraphClient(subgraphs.content.graphqlUrl, subgraphs.keys),
    author: await registerAccount(subgraphs, 'ada'),
    async stop() {
      await database.stop();
      await subgraphs.stop();
      await social.stop();
      await media.stop();
    },
  };
}

export type ContentUnderTest = Awaited<ReturnType<typeof startContent>>;

/** Creates a post as the author, or whoever `as` is. */
export async function newPost(
  content: ContentUnderTest,
  input: object,
  as: UserIdentity = content.author,
): Promise<string> {
  const { data, errors } = await content.send(
    'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }',
    { as, variables: { input: { body: 'A post.', ...input } } },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.createPost.post.id;
}

export async function newComment(
  content: ContentUnderTest,
  input: object,
  as: UserIdentity = content.author,
): Promise<string> {
  const { data, errors } = await content.send(
    'mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }',
    { as, variables: { input: { body: 'A comment.', ...input } } },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.addComment.comment.id;
}
