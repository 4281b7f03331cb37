import { conversation } from './conversation.ts';
import { message } from './message.ts';
import { mutation } from './mutation.ts';
import { notification } from './notification.ts';
import { participant } from './participant.ts';
import { query } from './query.ts';

export const resolvers = {
  Query: query,
  Mutation: mutation,
  Conversation: conversation,
  Participant: participant,
  Message: message,
  Notification: notification,
};
