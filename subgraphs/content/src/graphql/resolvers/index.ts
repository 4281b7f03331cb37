import { comment } from './comment.ts';
import { mutation } from './mutation.ts';
import { post } from './post.ts';
import { query } from './query.ts';
import { user } from './user.ts';
import { viewerComment } from './viewer-comment.ts';

export const resolvers = {
  Query: query,
  Mutation: mutation,
  Post: post,
  Comment: comment,
  ViewerComment: viewerComment,
  User: user,
};
