import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { consumer } from './consumer.ts';

export const postCreated = consumer(PostCreatedSchema, (event, { tx, indexing }) =>
  indexing.indexPost(tx, { id: event.message.postId, authorId: event.message.authorId }, event),
);
