import { demoPosts } from './demo.ts';
import { everydayWords, fill, type Said } from './grammar.ts';
import type { Post } from './network.ts';
import type { Person } from './people.ts';
import { powerLaw } from './power-law.ts';
import { createRandom, type Random } from './random.ts';
import type { Topic } from './topics/index.ts';
import { uuidV7 } from './uuid-v7.ts';

/** A post with what its comments have to know. */
export type PostInContext = {
  readonly post: Post;
  readonly author: Person;
  readonly topic: Topic;
  /** The words that the post's slots were filled with. */
  readonly said: ReadonlyMap<string, string>;
};

const settlingInMs = 10 * 60_000;
const lastMinutesMs = 60 * 60_000;

/** `count` posts, oldest first: the demo person's, and the others' by a power law over authors. */
export function generatePosts(people: readonly Person[], options: { count: number; end: Date }): PostInContext[] {
  const { count, end } = options;
  const random = createRandom(`posts of ${people.length}`);
  const [demo, ...others] = people;
  if (demo === undefined) return [];
  const posts = demoPosts.map(({ at, ...text }) => inContext({ author: demo, at, random, text }));
  const drawAuthor = powerLaw({ count: others.length, exponent: 0.9, flatness: 2, random });
  const written = new Set<string>();
  while (posts.length < count) {
    const author = others[drawAuthor()] as Person;
    const from = author.joinedAt.getTime() + settlingInMs;
    const at = new Date(from + random.below(end.getTime() - lastMinutesMs - from));
    posts.push(inContext({ author, at, random, text: newText(author, written, random) }));
  }
  return posts.sort((a, b) => (a.post.id < b.post.id ? -1 : 1));
}

type Text = Pick<PostInContext, 'topic' | 'said'> & { readonly body: string };

function inContext(options: { author: Person; at: Date; random: Random; text: Text }): PostInContext {
  const { author, at, random, text } = options;
  const { topic, said, body } = text;
  return { post: { id: uuidV7(at, random), authorId: author.id, body, createdAt: at }, author, topic, said };
}

/** People repeat themselves, but not word for word: a text that exists already gets a few more tries. */
function newText(author: Person, written: Set<string>, random: Random): Text {
  let text = write(author, random);
  for (let attempt = 0; attempt < 5 && written.has(text.body); attempt++) text = write(author, random);
  written.add(text.body);
  return text;
}

function write(author: Person, random: Random): Text {
  const topic = random.chance(0.6) ? (author.interests[0] as Topic) : random.pick(author.interests);
  const words = { ...everydayWords, ...topic.words, subject: topic.subjects };
  const sentences = [random.pick(topic.openings)];
  if (random.chance(0.65)) sentences.push(random.pick(topic.details));
  if (random.chance(0.55)) sentences.push(random.pick(topic.closings));
  if (random.chance(0.12)) sentences.push(`#${topic.name}`);
  const said: Said = new Map();
  return { topic, said, body: fill(sentences.join(' '), words, { random, said }) };
}
