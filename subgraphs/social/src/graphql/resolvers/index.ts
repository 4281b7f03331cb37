import { blockConnection, blockEdge } from './block-connection.ts';
import { followConnection, followEdge } from './follow-connection.ts';
import { likeConnection, likeEdge } from './like-connection.ts';
import { likedPostConnection, likedPostEdge } from './liked-post-connection.ts';
import { mutation, unlikePostPayload } from './mutation.ts';
import { post } from './post.ts';
import { query } from './query.ts';
import { user } from './user.ts';

export const resolvers = {
  Query: query,
  Mutation: mutation,
  UnlikePostPayload: unlikePostPayload,
  User: user,
  Post: post,
  FollowConnection: followConnection,
  FollowEdge: followEdge,
  LikeConnection: likeConnection,
  LikeEdge: likeEdge,
  LikedPostConnection: likedPostConnection,
  LikedPostEdge: likedPostEdge,
  BlockConnection: blockConnection,
  BlockEdge: blockEdge,
};
