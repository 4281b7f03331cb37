import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { entityTag } from '@nova/cache';
import { DeadLetteredSchema, DeadLetterSettledSchema } from '@nova/proto/nova/common/v1/dead_letter_pb.js';
import {
  UserDataErasedSchema as CommunicationDataErasedSchema,
  MessageSentSchema,
} from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import {
  CommentAddedSchema,
  CommentDeletedSchema,
  UserDataErasedSchema as ContentErasedSchema,
  ErasureContinuedSchema,
  PostCreatedSchema,
  PostDeletedSchema,
  PostEditedSchema,
} from '@nova/proto/nova/content/v1/content_events_pb.js';
import {
  AccountRegisteredSchema,
  UserDataErasedSchema as IdentityDataErasedSchema,
  PermissionGrantedSchema,
  PermissionRevokedSchema,
} from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import {
  AssetDeletedSchema,
  AssetFailedSchema,
  AssetReadySchema,
  UserDataErasedSchema as MediaDataErasedSchema,
} from '@nova/proto/nova/media/v1/media_events_pb.js';
import { UserDataErasedSchema as SearchDataErasedSchema } from '@nova/proto/nova/search/v1/search_events_pb.js';
import {
  PostLikedSchema,
  PostUnlikedSchema,
  UserDataErasedSchema as SocialDataErasedSchema,
  UserBlockedSchema,
  UserFollowedSchema,
  UserUnblockedSchema,
  UserUnfollowedSchema,
} from '@nova/proto/nova/social/v1/social_events_pb.js';
import {
  ErasureRequestedSchema,
  ProfileChangedSchema,
  UserDataErasedSchema,
} from '@nova/proto/nova/user/v1/user_events_pb.js';

/** What an event makes old in the gateways' cache. */
export type CacheTags<D extends DescMessage = DescMessage> = {
  readonly schema: D;
  readonly tagsOf: (message: MessageShape<D>) => readonly string[];
};

function row<D extends DescMessage>(schema: D, tagsOf: CacheTags<D>['tagsOf']): CacheTags {
  return { schema, tagsOf: tagsOf as CacheTags['tagsOf'] };
}

/**
 * Every entity of which some field is another after the event, those it lists or points to included. What came into being has to be named too:
 * its tag ends the lists that do not show it.
 */
export const cacheTags: readonly CacheTags[] = [
  row(AccountRegisteredSchema, ({ accountId }) => [entityTag('Account', accountId), entityTag('User', accountId)]),
  row(ProfileChangedSchema, ({ userId }) => [entityTag('User', userId)]),
  row(PostCreatedSchema, ({ postId, authorId }) => [entityTag('Post', postId), entityTag('User', authorId)]),
  // Its comments go with it and have no events of their own.
  row(PostDeletedSchema, ({ postId, authorId }) => [entityTag('Post', postId), entityTag('User', authorId), 'Comment']),
  row(PostEditedSchema, ({ postId }) => [entityTag('Post', postId)]),
  row(CommentAddedSchema, ({ commentId, postId, parentCommentId }) => [
    entityTag('Comment', commentId),
    entityTag('Post', postId),
    ...(parentCommentId ? [entityTag('Comment', parentCommentId)] : []),
  ]),
  // What it answered has a reply less, and its replies answer another comment.
  row(CommentDeletedSchema, ({ postId }) => [entityTag('Post', postId), 'Comment']),
  row(UserFollowedSchema, ({ followerId, followeeId }) => [
    entityTag('User', followerId),
    entityTag('User', followeeId),
  ]),
  row(UserUnfollowedSchema, ({ followerId, followeeId }) => [
    entityTag('User', followerId),
    entityTag('User', followeeId),
  ]),
  row(PostLikedSchema, ({ postId }) => [entityTag('Post', postId)]),
  row(PostUnlikedSchema, ({ postId }) => [entityTag('Post', postId)]),
];

/** Events that change nothing a subgraph answers. */
export const withoutCacheTags: readonly DescMessage[] = [
  DeadLetteredSchema,
  DeadLetterSettledSchema,
  // Blocks show to their owner only, and what they end has events of its own, as what an erasure ends.
  UserBlockedSchema,
  UserUnblockedSchema,
  SocialDataErasedSchema,
  ErasureRequestedSchema,
  // What a profile shows then is told by its own event.
  UserDataErasedSchema,
  ErasureContinuedSchema,
  ContentErasedSchema,
  // Accounts, conversations, assets and what is found are kept for their viewer only, or not at all.
  PermissionGrantedSchema,
  PermissionRevokedSchema,
  IdentityDataErasedSchema,
  MessageSentSchema,
  CommunicationDataErasedSchema,
  AssetReadySchema,
  AssetFailedSchema,
  AssetDeletedSchema,
  MediaDataErasedSchema,
  SearchDataErasedSchema,
];
