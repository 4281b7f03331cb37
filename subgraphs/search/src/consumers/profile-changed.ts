import { ProfileChangedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { consumer } from './consumer.ts';

export const profileChanged = consumer(ProfileChangedSchema, (event, { tx, indexing }) =>
  indexing.indexUser(tx, { id: event.message.userId }, event),
);
