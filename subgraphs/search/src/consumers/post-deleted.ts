import { PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { consumer } from './consumer.ts';

export const postDeleted = consumer(PostDeletedSchema, (event, { tx, indexing }) =>
  indexing.removePost(tx, { id: event.message.postId, authorId: event.message.authorId }),
);
