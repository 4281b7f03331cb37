import type { TopicDeclaration } from './event-log.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How long a topic keeps records. An inbox must remember longer: see `inboxRetentionMs` in @nova/outbox. */
export const retentionMs = 7 * dayMs;

/** Where consumers announce what they set aside. */
export const deadLetterTopic = 'dlq.all';

/** Every topic there is. The number of partitions bounds the members of a group that work, and is never changed: keys would move. */
export const declaredTopics: readonly TopicDeclaration[] = [
  { name: 'identity.events', partitions: 12, retentionMs },
  { name: 'user.events', partitions: 12, retentionMs },
  { name: 'content.events', partitions: 12, retentionMs },
  { name: 'social.events', partitions: 12, retentionMs },
  { name: 'media.events', partitions: 12, retentionMs },
  { name: 'communication.events', partitions: 12, retentionMs },
  { name: 'search.events', partitions: 12, retentionMs },
  { name: deadLetterTopic, partitions: 12, retentionMs },
];
