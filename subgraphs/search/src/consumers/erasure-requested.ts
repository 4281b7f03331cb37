import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { consumer } from './consumer.ts';

export const erasureRequested = consumer(ErasureRequestedSchema, (event, { tx, indexing }) =>
  indexing.eraseUser(tx, event.message.userId, event),
);
