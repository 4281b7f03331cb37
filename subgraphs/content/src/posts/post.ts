import { AppError } from '@nova/errors';

export type Post = {
  readonly id: string;
  readonly authorId: string;
  readonly body: string;
  readonly visibility: 'PUBLIC' | 'FOLLOWERS';
  readonly createdAt: Date;
  /** Null while it is as it was created. */
  readonly editedAt: Date | null;
};

/** What a post said before it was edited. */
export type PostEdit = {
  readonly id: string;
  readonly postId: string;
  readonly body: string;
  readonly replacedAt: Date;
};

const maxBodyLength = 5_000;
const maxMentions = 10;
const maxHashtags = 30;
const maxMedia = 10;

/** The body as it is stored. Throws BAD_USER_INPUT when it is empty or too long. */
export function postBody(text: string): string {
  const body = text.trim();
  const length = [...body].length;
  if (length >= 1 && length <= maxBodyLength) return body;
  throw new AppError('BAD_USER_INPUT', `A post has 1 to ${maxBodyLength} characters, not ${length}.`, {
    details: { field: 'body', length, limit: maxBodyLength },
  });
}

/** The usernames that a body mentions (`@ada`), each once however it is written. Throws BAD_USER_INPUT for more than 10. */
export function mentionsIn(body: string): string[] {
  const usernames = [...body.matchAll(/(?<![\p{L}\p{N}_@.])@([a-zA-Z0-9_]{3,20})(?![\p{L}\p{N}_])/gu)];
  return atMost(maxMentions, 'mentions', new Set(usernames.map(([, username = '']) => username.toLowerCase())));
}

/** The hashtags of a body (`#Sea`), normalised, each once. Throws BAD_USER_INPUT for more than 30. */
export function hashtagsIn(body: string): string[] {
  const found = [...body.matchAll(/(?<![\p{L}\p{N}_#&])#([\p{L}\p{M}\p{N}_]+)/gu)];
  const hashtags = found.map(([, text = '']) => normalHashtag(text)).filter((text) => isHashtag(text));
  return atMost(maxHashtags, 'hashtags', new Set(hashtags));
}

/** A hashtag as it is stored, with or without its `#`: compatible forms and cases of letters are one. */
export function normalHashtag(text: string): string {
  return text.replace(/^#/, '').normalize('NFKC').toLowerCase();
}

/** A number alone is none. */
function isHashtag(text: string): boolean {
  return [...text].length <= 50 && /\p{L}/u.test(text);
}

/** Throws BAD_USER_INPUT for more than 10, or one twice. */
export function postMedia(ids: readonly string[]): readonly string[] {
  if (new Set(ids).size < ids.length)
    throw new AppError('BAD_USER_INPUT', 'A post shows each of its media once.', { details: { field: 'mediaIds' } });
  return atMost(maxMedia, 'mediaIds', ids);
}

function atMost(limit: number, field: string, items: Iterable<string>): string[] {
  const list = [...items];
  if (list.length <= limit) return list;
  throw new AppError('BAD_USER_INPUT', `A post has at most ${limit} ${field}, not ${list.length}.`, {
    details: { field, length: list.length, limit },
  });
}

/** Who acts: a user with the permissions that the gateway vouches for. */
export type Actor = { readonly userId: string; readonly permissions: readonly string[] };

/** Throws FORBIDDEN unless the actor wrote the post or moderates posts. */
export function requirePostDeletion(post: Post, actor: Actor): void {
  if (post.authorId !== actor.userId && !actor.permissions.includes('delete:post'))
    throw new AppError('FORBIDDEN', 'Only its author or a moderator may delete a post.');
}

/** Throws FORBIDDEN unless the user wrote the post. */
export function requireAuthorship(post: Post, userId: string): void {
  if (post.authorId !== userId) throw new AppError('FORBIDDEN', 'Only its author may edit a post.');
}

export function postNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The post does not exist.', { details: { id } });
}
