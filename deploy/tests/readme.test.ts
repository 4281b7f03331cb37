import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demoLogin, generateNetwork } from '../dev/seed/index.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

function answerAfter(text: string) {
  const block = readme.slice(readme.indexOf(text)).match(/```json\n([\s\S]*?)```/);
  return JSON.parse(block?.[1] ?? 'null').data;
}

test('the answer that the README shows to its first query is what a fresh network gives', () => {
  const { people, posts, comments } = generateNetwork(1000);
  const { userByUsername } = answerAfter('userByUsername');
  const person = people.find(({ username }) => username === 'kanak_n');
  const newest = posts.filter(({ authorId }) => authorId === person?.id).sort((a, b) => (a.id < b.id ? 1 : -1))[0];
  const oldest = comments.filter(({ postId }) => postId === newest?.id).sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  const commenter = people.find(({ id }) => id === oldest?.authorId);
  expect(userByUsername).toEqual({
    displayName: person?.displayName,
    posts: {
      nodes: [
        {
          body: newest?.body,
          comments: { nodes: [{ body: oldest?.body, author: { displayName: commenter?.displayName } }] },
        },
      ],
    },
  });
});

test('the demo login of the README is the one that is seeded', () => {
  expect(readme).toContain(`email: \\"${demoLogin.email}\\", password: \\"${demoLogin.password}\\"`);
});
