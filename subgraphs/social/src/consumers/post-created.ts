import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';

export const postCreated = ({ timelines }: Deps) =>
  on(PostCreatedSchema, ({ message }, { tx }: HandlerContext<Tables>) => timelines.addPost(tx, message));
