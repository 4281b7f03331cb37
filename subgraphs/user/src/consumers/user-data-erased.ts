import type { Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserDataErasedSchema as communication } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import { UserDataErasedSchema as content } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { UserDataErasedSchema as identity } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import { UserDataErasedSchema as media } from '@nova/proto/nova/media/v1/media_events_pb.js';
import { UserDataErasedSchema as search } from '@nova/proto/nova/search/v1/search_events_pb.js';
import { UserDataErasedSchema as social } from '@nova/proto/nova/social/v1/social_events_pb.js';
import { UserDataErasedSchema as user } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { ErasingDomain } from '../erasures/erasure.ts';
import { recordErasureAnswer } from '../erasures/erasure-commands.ts';

type Answer = Message & { userId: string; erasedAt?: Timestamp };

function answerOf<M extends Answer>(domain: ErasingDomain, schema: GenMessage<M>) {
  return on(schema, async ({ message, occurredAt }, { tx, log }: HandlerContext<Tables>) => {
    const { userId, erasedAt } = message as Answer;
    const answer = { userId, domain, erasedAt: erasedAt ? timestampDate(erasedAt) : occurredAt };
    const known = await recordErasureAnswer(tx, answer);
    if (!known) log.warn({ domain, userId }, 'a domain erased somebody without having been asked to');
  });
}

/** Every domain's answer to an erasure. */
export const userDataErased = [
  answerOf('identity', identity),
  answerOf('user', user),
  answerOf('content', content),
  answerOf('social', social),
  answerOf('media', media),
  answerOf('communication', communication),
  answerOf('search', search),
];
