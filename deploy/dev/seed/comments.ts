import { answers, everydayWords, fill, type Words, wordsToAnswer } from './grammar.ts';
import type { Comment } from './network.ts';
import type { Person } from './people.ts';
import type { PostInContext } from './posts.ts';
import { powerLaw } from './power-law.ts';
import { createRandom, type Random } from './random.ts';
import { afterthoughts, authorAnswers, partings, reactions } from './small-talk.ts';
import { uuidV7 } from './uuid-v7.ts';

/** How long a comment takes, half of the time less. */
const typicalDelayMs = 5 * 3_600_000;

type Thread = {
  readonly words: Words;
  readonly replies: readonly string[];
  readonly written: Set<string>;
  /** Whom the author would answer. */
  last: Person | undefined;
};
type Draw = {
  readonly commenter: (before: Date, author: Person) => Person;
  readonly random: Random;
  readonly end: Date;
};

/** `count` comments, oldest first: a few posts get very many, many get none. */
export function generateComments(options: {
  people: readonly Person[];
  posts: readonly PostInContext[];
  count: number;
  end: Date;
}): Comment[] {
  const { people, posts, count, end } = options;
  const random = createRandom(`comments of ${people.length}`);
  const drawPost = powerLaw({ count: posts.length, exponent: 1.1, flatness: 20, random });
  const perPost = new Uint32Array(posts.length);
  for (let drawn = 0; drawn < count; drawn++) {
    const index = drawPost();
    perPost[index] = (perPost[index] as number) + 1;
  }
  const draw = { commenter: commenters(people, random), random, end };
  const comments = posts.flatMap((post, index) => discuss(post, perPost[index] as number, draw));
  return comments.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The comments of one post, in the order in which they were written. */
function discuss(context: PostInContext, count: number, draw: Draw): Comment[] {
  const { post, author } = context;
  const thread = openThread(context);
  return commentTimes(post.createdAt, count, draw).map((createdAt) => {
    const commenter = draw.commenter(createdAt, author);
    const write = commenter === author ? answer : reply;
    const body = newBody(() => write(thread, draw.random), thread);
    if (commenter !== author) thread.last = commenter;
    return { id: uuidV7(createdAt, draw.random), postId: post.id, authorId: commenter.id, body, createdAt };
  });
}

function openThread({ author, topic, said }: PostInContext): Thread {
  const words = { ...everydayWords, ...topic.words, subject: topic.subjects };
  return {
    words: { ...wordsToAnswer(words, said), subject: said.get('subject') ?? topic.subjects, name: author.firstName },
    replies: topic.replies.filter((template) => answers(template, said)),
    written: new Set(),
    last: undefined,
  };
}

function commentTimes(posted: Date, count: number, { random, end }: Draw): Date[] {
  const from = posted.getTime() + 30_000;
  const times = Array.from({ length: count }, () => {
    const at = from + Math.floor(-Math.log(1 - random.next()) * typicalDelayMs);
    return at < end.getTime() ? at : from + random.below(end.getTime() - from);
  });
  return times.sort((a, b) => a - b).map((time) => new Date(time));
}

/** Somebody who had joined by then: often the author answering, often one of the few who comment on everything. */
function commenters(people: readonly Person[], random: Random): Draw['commenter'] {
  const byJoining = people.toSorted((a, b) => a.joinedAt.getTime() - b.joinedAt.getTime());
  const drawTalkative = powerLaw({ count: people.length, exponent: 0.7, flatness: 4, random });
  return (before, author) => {
    if (random.chance(0.1)) return author;
    for (let attempt = 0; attempt < 4; attempt++) {
      const person = people[drawTalkative()] as Person;
      if (person.joinedAt < before) return person;
    }
    return byJoining[random.below(countJoined(byJoining, before))] as Person;
  };
}

function countJoined(byJoining: readonly Person[], before: Date): number {
  let [low, high] = [0, byJoining.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byJoining[middle] as Person).joinedAt < before) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Nobody says in a thread what another one has said there already, if it can be helped. */
function newBody(write: () => string, { written }: Thread): string {
  let body = write();
  for (let attempt = 0; attempt < 8 && written.has(body); attempt++) body = write();
  written.add(body);
  return body;
}

function reply({ words, replies }: Thread, random: Random): string {
  const kind = random.next();
  const parts = [];
  if (kind < 0.45) parts.push(random.pick(reactions));
  if (kind > 0.08) parts.push(random.pick(replies));
  if (kind > 0.72) parts.push(random.pick(partings));
  return fill(parts.join(' '), words, { random });
}

/** The author answers the last commenter, or adds something when nobody has said anything yet. */
function answer({ words, last }: Thread, random: Random): string {
  if (last === undefined) return random.pick(afterthoughts);
  return fill(random.pick(authorAnswers), { ...words, username: last.username }, { random });
}
