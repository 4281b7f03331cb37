import { type Comment, generateNetwork, type Network, type Post } from './network.ts';
import type { Person } from './people.ts';

/** A query to paste, with the data it answers on a network of the size it was made for. */
export type SampleQuery = {
  readonly query: string;
  /** Empty: the query has its values inside, so that it can be pasted as it is. */
  readonly variables: Readonly<Record<string, never>>;
  readonly expected: object;
};

type Candidate = { readonly person: Person; readonly posts: readonly { post: Post; comments: readonly Comment[] }[] };

const shapes = [
  { posts: 3, comments: 2 },
  { posts: 2, comments: 2 },
  { posts: 1, comments: 1 },
];

/**
 * The newest posts of somebody seeded, with their oldest comments: what no demo user can change, as nobody can sign
 * in as the seeded people and new comments come last. `expected` is computed from the generated network.
 */
export function sampleQuery(size: number): SampleQuery {
  const network = generateNetwork(size);
  for (const shape of shapes) {
    const found = findCandidate(network, shape);
    if (found) return { query: queryFor(found, shape), variables: {}, expected: answerFor(found, network) };
  }
  throw new Error(`Nobody in a network of ${size} has a post with a comment.`);
}

function findCandidate(network: Network, shape: { posts: number; comments: number }): Candidate | undefined {
  const [demo, ...others] = network.people;
  const commentsOf = Map.groupBy(network.comments, ({ postId }) => postId);
  const postsOf = Map.groupBy(network.posts, ({ authorId }) => authorId);
  for (const person of others) {
    const newest = (postsOf.get(person.id) ?? []).slice(-shape.posts).reverse();
    const posts = newest.map((post) => ({ post, comments: (commentsOf.get(post.id) ?? []).slice(0, shape.comments) }));
    const complete = posts.length === shape.posts && posts.every(({ comments }) => comments.length === shape.comments);
    const withoutDemo = posts.every(({ comments }) => comments.every(({ authorId }) => authorId !== demo?.id));
    if (complete && withoutDemo) return { person, posts };
  }
  return undefined;
}

function queryFor({ person }: Candidate, shape: { posts: number; comments: number }): string {
  return `query Sample {
  userByUsername(username: "${person.username}") {
    displayName
    posts(first: ${shape.posts}) {
      nodes {
        body
        createdAt
        comments(first: ${shape.comments}) {
          nodes {
            body
            author {
              displayName
            }
          }
        }
      }
    }
  }
}`;
}

function answerFor({ person, posts }: Candidate, { people }: Network): object {
  const nameOf = new Map(people.map(({ id, displayName }) => [id, displayName]));
  const nodes = posts.map(({ post, comments }) => ({
    body: post.body,
    createdAt: post.createdAt.toISOString(),
    comments: {
      nodes: comments.map(({ body, authorId }) => ({ body, author: { displayName: nameOf.get(authorId) } })),
    },
  }));
  return { userByUsername: { displayName: person.displayName, posts: { nodes } } };
}
