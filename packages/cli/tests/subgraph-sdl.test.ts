import { readSubgraphHints, subgraphContact } from '@nova/federation';
import { composeFromFiles } from '@nova/registry';
import { subgraphNames, subgraphSdl } from '@nova/schema';
import { Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';

describe.each(subgraphNames())('the SDL of %s', (name) => {
  const sdl = subgraphSdl(name);

  test('names who owns it', () => {
    expect(subgraphContact(sdl)).toMatch(/\w/);
  });

  // Of references to types with and without a hint in one request only those with one would count.
  test('says of every type with a key how long it may be kept', () => {
    const hints = readSubgraphHints(sdl);
    const entities = parse(sdl).definitions.flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.directives?.some((it) => it.name.value === 'key')
        ? [definition.name.value]
        : [],
    );
    expect(entities.filter((type) => hints.hintOf(type).maxAge === undefined)).toEqual([]);
  });
});

test('hints stay in the subgraphs: neither the supergraph nor the API shows them', () => {
  const composed = composeFromFiles();
  expect(composed).toMatchObject({ kind: 'composed', hints: [] });
  expect(JSON.stringify(composed)).not.toMatch(/cacheControl/i);
});
