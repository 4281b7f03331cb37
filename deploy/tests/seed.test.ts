import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everydayWords } from '../dev/seed/grammar.ts';
import { generateNetwork, networkSize, sampleQuery } from '../dev/seed/index.ts';
import { afterthoughts, authorAnswers, partings, reactions } from '../dev/seed/small-talk.ts';
import { topics } from '../dev/seed/topics/index.ts';

const network = generateNetwork(networkSize.default);
const { people, posts, comments } = network;
const personById = new Map(people.map((person) => [person.id, person]));
const postById = new Map(posts.map((post) => [post.id, post]));
const countsOf = (keys: readonly string[]) =>
  [...Map.groupBy(keys, (key) => key).values()].map(({ length }) => length).sort((a, b) => b - a);

describe('a generated network', () => {
  test('is the same, to the byte, every time and in every process, time zone and language', async () => {
    const digest = () =>
      createHash('sha256')
        .update(JSON.stringify(generateNetwork(60)))
        .digest('hex');
    const script = `
      const { createHash } = await import('node:crypto');
      const { generateNetwork } = await import(process.argv[1]);
      process.stdout.write(createHash('sha256').update(JSON.stringify(generateNetwork(60))).digest('hex'));`;
    const seed = new URL('../dev/seed/index.ts', import.meta.url).href;
    const elsewhere = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, seed], {
      env: { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8' },
    });
    expect(digest()).toBe(digest());
    expect(elsewhere.stdout).toBe(digest());
  });

  test('begins with the people of every smaller one', () => {
    const sizes = fc.integer({ min: networkSize.min, max: 60 });
    const check = (size: number) => {
      expect(generateNetwork(size).people).toEqual(people.slice(0, size));
    };
    fc.assert(fc.property(sizes, check), { numRuns: 5 });
  });

  test('has 10 posts and 40 comments a person', () => {
    expect(people).toHaveLength(1_000);
    expect(posts).toHaveLength(10_000);
    expect(comments).toHaveLength(40_000);
  });

  test.each([9, 10.5, networkSize.max + 1, Number.NaN])('of %s people is refused', (size) => {
    expect(() => generateNetwork(size)).toThrow(RangeError);
  });

  test('has a few authors who write very much and many who write little', () => {
    const perAuthor = countsOf(posts.map(({ authorId }) => authorId));
    const busiestTenth = perAuthor.slice(0, 100).reduce((sum, count) => sum + count, 0);
    expect(perAuthor[0]).toBeGreaterThan(200);
    expect(busiestTenth / posts.length).toBeGreaterThan(0.45);
    expect(perAuthor[500]).toBeLessThan(10);
  });

  test('has a few posts that everybody comments on and many that nobody does', () => {
    const perPost = countsOf(comments.map(({ postId }) => postId));
    expect(perPost[0]).toBeGreaterThan(200);
    expect(posts.length - perPost.length).toBeGreaterThan(2_000);
  });
});

describe('names', () => {
  test('are usernames that can be registered, each once whatever the case', () => {
    for (const { username } of people) expect(username).toMatch(/^[a-zA-Z0-9_]{3,20}$/);
    expect(new Set(people.map(({ username }) => username.toLowerCase())).size).toBe(people.length);
    expect(new Set(people.map(({ email }) => email)).size).toBe(people.length);
  });

  test('fit into a profile', () => {
    for (const { displayName, bio, location } of people) {
      expect(displayName.length).toBeLessThanOrEqual(50);
      expect((bio ?? '').length).toBeLessThanOrEqual(500);
      expect((location ?? '').length).toBeLessThanOrEqual(100);
    }
  });
});

describe('time', () => {
  test('is in the ids, so that their order is the order of time', () => {
    for (const rows of [posts, comments]) {
      expect(rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).sort());
      const times = rows.map(({ createdAt }) => createdAt.getTime());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
    const stamped = [...posts, ...comments, ...people.map(({ id, joinedAt }) => ({ id, createdAt: joinedAt }))];
    for (const { id, createdAt } of stamped) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(createdAt.getTime());
    }
    expect(new Set(stamped.map(({ id }) => id)).size).toBe(stamped.length);
  });

  test('runs from joining to posting to commenting, within ten months of 2026', () => {
    const [from, to] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-11-01T00:00:00Z')];
    for (const { joinedAt } of people) expect(joinedAt >= from).toBe(true);
    for (const { authorId, createdAt } of posts) {
      expect(createdAt > (personById.get(authorId)?.joinedAt ?? to) && createdAt < to).toBe(true);
    }
    for (const { authorId, postId, createdAt } of comments) {
      expect(createdAt > (personById.get(authorId)?.joinedAt ?? to) && createdAt < to).toBe(true);
      expect(createdAt > (postById.get(postId)?.createdAt ?? to)).toBe(true);
    }
  });
});

describe('texts', () => {
  const texts = [...posts, ...comments].map(({ body }) => body);

  test('are whole: no slot, no stand-in, no doubled space', () => {
    for (const text of texts) {
      expect(text).not.toMatch(/[{}]|undefined|\bnull\b|lorem|\bfoo\b|\bTODO\b| {2}|^\s|\s$/i);
      expect(text).toMatch(/^(\p{Lu}|\d|@\w)/u);
      expect(text).toMatch(/([.!?]|#\w+)$/);
      expect(text).not.toMatch(/\b[Aa] [aeioAEIO]/);
    }
  });

  test('of posts are seldom the same', () => {
    expect(new Set(posts.map(({ body }) => body)).size).toBeGreaterThan(posts.length * 0.99);
  });

  test('of comments are seldom the same within a thread', () => {
    const distinct = new Set(comments.map(({ postId, body }) => `${postId} ${body}`));
    expect(distinct.size).toBeGreaterThan(comments.length * 0.99);
  });

  test('of posts and comments fit into their columns', () => {
    for (const { body } of posts) expect(body.length).toBeLessThanOrEqual(5_000);
    for (const { body } of comments) expect(body.length).toBeLessThanOrEqual(2_000);
  });
});

describe.each(topics)('the topic $name', (topic) => {
  const known = new Set(['subject', ...Object.keys(everydayWords), ...Object.keys(topic.words)]);
  const posted = [...topic.openings, ...topic.details, ...topic.closings];

  test('has words for every slot', () => {
    for (const template of posted) {
      for (const [, slot] of template.matchAll(/\{(.*?)\}/g)) expect(known).toContain(slot);
    }
    for (const template of topic.replies) {
      for (const [, slot] of template.matchAll(/\{=?(.*?)\}/g)) expect(known).toContain(slot);
    }
  });

  test('has no slot so poor that another word could not be found', () => {
    for (const words of Object.values(topic.words)) expect(new Set(words).size).toBeGreaterThan(3);
    expect(new Set(topic.subjects).size).toBe(topic.subjects.length);
  });

  test('names its subject in every opening, so that any reply can take it up', () => {
    for (const opening of topic.openings) expect(opening).toContain('{subject}');
  });

  test('has replies for posts of any words', () => {
    expect(topic.replies.filter((reply) => !reply.includes('{=')).length).toBeGreaterThan(3);
  });
});

test('small talk has words for its slots', () => {
  const slots = [...reactions, ...partings, ...authorAnswers, ...afterthoughts].flatMap((text) =>
    [...text.matchAll(/\{(.*?)\}/g)].map(([, slot]) => slot),
  );
  const known = ['name', 'username', ...Object.keys(everydayWords)];
  expect(known).toEqual(expect.arrayContaining(slots));
});

test('every network has a sample query that fits its size', () => {
  const check = (size: number) => {
    const { query, variables, expected } = sampleQuery(size);
    expect(query).toContain('userByUsername(username: "');
    expect(query).not.toContain('"demo"');
    expect(variables).toEqual({});
    expect(JSON.stringify(expected)).not.toContain('undefined');
    expect(expected).toEqual(sampleQuery(size).expected);
  };
  fc.assert(fc.property(fc.integer({ min: networkSize.min, max: 80 }), check), { numRuns: 20 });
});
