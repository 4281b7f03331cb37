import { readFileSync } from 'node:fs';
import { subgraphNames, supergraphFile } from '@nova/schema';
import { parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { openSupergraph, SupergraphError, withoutSecurityMarker } from '../src/index.ts';

const committed = readFileSync(supergraphFile, 'utf8');

test('the committed supergraph is loaded with the subgraphs it names', () => {
  const { subgraphs } = openSupergraph(committed);
  expect(subgraphs.map(({ name }) => name).toSorted()).toEqual(subgraphNames());
  for (const { url } of subgraphs) expect(URL.canParse(url)).toBe(true);
});

test('only the mark of security features is taken off the links, wherever it stands', () => {
  const marked = `schema
    @link(url: "https://specs.apollo.dev/link/v1.0")
    @link(for: EXECUTION, url: "https://specs.apollo.dev/join/v0.5")
    @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY, as: "auth")
  { query: Query }
  type Query { "for: SECURITY" a(for: String = "SECURITY"): Int }`;
  const cleaned = print(withoutSecurityMarker(parse(marked)));
  expect(cleaned).toBe(
    print(parse(marked.replace(', for: SECURITY,', ',').replace('@link(for: EXECUTION,', '@link(for: EXECUTION,'))),
  );
  expect(cleaned).toContain('for: EXECUTION');
});

test.each([
  ['is empty', ''],
  ['is not GraphQL', '<html>'],
  ['is a plain schema', 'type Query { a: Int }'],
  ['is cut off', committed.slice(0, -200)],
  ['has a type that does not exist', committed.replaceAll('bio: String', 'bio: Biography')],
])('a text that %s is refused with the reason', (_what, text) => {
  expect(() => openSupergraph(text)).toThrow(SupergraphError);
  expect(() => openSupergraph(text)).toThrow(/^The supergraph cannot be loaded: ./);
});
