import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, hasOption } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { event as eventOption, personal } from '@nova/proto/nova/common/v1/event_options_pb.js';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { expect, test } from 'vitest';
import { createEventCatalogue, declaredTopics, readEventCatalogue } from '../src/index.ts';

const { events } = readEventCatalogue();

test('every event of the proto has a name of its domain, a version and a declared topic', () => {
  const topics = declaredTopics.map(({ name }) => name);
  expect(events.length).toBeGreaterThan(5);
  for (const { type, version, topic, schema } of events) {
    const [, domain] = schema.typeName.split('.');
    expect(type).toMatch(new RegExp(`^${domain}\\.[a-z_]+$`));
    expect(version).toBeGreaterThan(0);
    expect(topics).toContain(topic);
  }
});

test('two messages cannot be the same version of an event', () => {
  expect(() => createEventCatalogue([PostCreatedSchema, PostCreatedSchema])).toThrow('both claim to be');
});

test('fields about a person are few, marked and known', () => {
  const marked = events.flatMap(({ schema }) =>
    schema.fields.filter((field) => hasOption(field, personal)).map((field) => `${schema.typeName}.${field.name}`),
  );
  expect(marked).toEqual([
    'nova.common.v1.DeadLettered.value',
    'nova.common.v1.DeadLettered.cause',
    'nova.identity.v1.AccountRegistered.username',
  ]);
});

test('no event of the last release has lost its type, its version or its topic', () => {
  const baseline = readFileSync(new URL('../../../proto/baseline.binpb', import.meta.url));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, baseline));
  const messages = [...registry].filter((desc) => desc.kind === 'message');
  const released = createEventCatalogue(messages.filter((message) => hasOption(message, eventOption))).events;
  expect(released.length).toBeGreaterThan(0);
  for (const { type, version, topic } of released)
    expect(events).toContainEqual(expect.objectContaining({ type, version, topic }));
});
