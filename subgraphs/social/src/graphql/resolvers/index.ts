import { followConnection, followEdge } from './follow-connection.ts';
import { likeConnection, likeEdge } from './like-connection.ts';
import { mutation } from './mutation.ts';
import { post } from './post.ts';
import { query } from './query.ts';
import { user } from './user.ts';

export const resolvers = {
  Query: query,
  Mutation: mutation,
  User: user,
  Post: post,
  FollowConnection: followConnection,
  FollowEdge: followEdge,
  LikeConnection: likeConnection,
  LikeEdge: likeEdge,
};
