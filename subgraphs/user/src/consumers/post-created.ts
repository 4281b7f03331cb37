import { on } from '@nova/events';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { changePostCount } from '../post-counts/post-count-repository.ts';
import type { ConsumerContext } from './context.ts';

export const postCreated = on(PostCreatedSchema, ({ message }, { tx }: ConsumerContext) =>
  changePostCount(tx, message.authorId, 1),
);
