import { comment } from './comment.ts';
import { mutation } from './mutation.ts';
import { post } from './post.ts';
import { query } from './query.ts';
import { user } from './user.ts';

export const resolvers = { Query: query, Mutation: mutation, Post: post, Comment: comment, User: user };
