import { generateComments } from './comments.ts';
import { generatePeople, type Person } from './people.ts';
import { generatePosts } from './posts.ts';

export type Post = {
  readonly id: string;
  readonly authorId: string;
  readonly body: string;
  readonly createdAt: Date;
};

export type Comment = {
  readonly id: string;
  readonly postId: string;
  readonly authorId: string;
  readonly body: string;
  readonly createdAt: Date;
};

export type Network = {
  /** The demo person comes first. */
  readonly people: readonly Person[];
  /** Oldest first. */
  readonly posts: readonly Post[];
  /** Oldest first. */
  readonly comments: readonly Comment[];
};

/** How many people a network may have. */
export const networkSize = { min: 10, max: 10_000, default: 1_000 } as const;

/** Everything in a network happens before this moment. */
export const networkEnd = new Date('2026-11-01T00:00:00Z');

/**
 * Makes up a social network of `size` people, 10 times as many posts and 40 times as many comments. The same size
 * gives the same network, and the first people of a larger one are those of a smaller one.
 * Throws a RangeError for a size outside `networkSize`.
 */
export function generateNetwork(size: number): Network {
  if (!Number.isInteger(size) || size < networkSize.min || size > networkSize.max) {
    throw new RangeError(`A network has ${networkSize.min} to ${networkSize.max} people, not ${size}.`);
  }
  const people = generatePeople(size);
  const posts = generatePosts(people, { count: size * 10, end: networkEnd });
  const comments = generateComments({ people, posts, count: size * 40, end: networkEnd });
  return { people, posts: posts.map(({ post }) => post), comments };
}
