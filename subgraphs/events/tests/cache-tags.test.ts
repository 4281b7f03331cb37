import { readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { isPurgeTag } from '@nova/cache';
import { eventTypeOf, readEventCatalogue } from '@nova/events';
import { supergraphFile } from '@nova/schema';
import { expect, test } from 'vitest';
import { cacheTags, withoutCacheTags } from '../src/consumers/cache-tags.ts';

const typeOf = (schema: Parameters<typeof eventTypeOf>[0]) => eventTypeOf(schema).type;

test('of every event there is it is said what it makes old in caches, or that it makes nothing old', () => {
  const said = [...cacheTags.map(({ schema }) => schema), ...withoutCacheTags].map(typeOf);
  const all = new Set(readEventCatalogue().events.map(({ type }) => type));
  expect(said.toSorted()).toEqual([...all].toSorted());
});

test('what is purged are types of the graph, with ids', () => {
  const supergraph = readFileSync(supergraphFile, 'utf8');
  for (const { schema, tagsOf } of cacheTags) {
    const ids = Object.fromEntries(
      schema.fields.filter(({ scalar }) => scalar === 9).map(({ localName }) => [localName, 'x1']),
    );
    for (const tag of tagsOf(create(schema, ids))) {
      expect([tag, isPurgeTag(tag)]).toEqual([tag, true]);
      expect(tag).toMatch(/^\w+(:x1)?$/);
      expect(supergraph).toMatch(new RegExp(`^type ${tag.split(':')[0]}\\b`, 'm'));
    }
  }
});
