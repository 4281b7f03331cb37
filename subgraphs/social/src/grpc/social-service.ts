import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Deps } from '../deps.ts';
import { listBlocked, listRelations } from '../relations/relation-repository.ts';

export function socialService({ db }: Deps) {
  return rpcService(SocialService, {
    async getRelations({ userId, otherIds }) {
      return { relations: await listRelations(db, userId, otherIds) };
    },
    async checkBlocked({ userId, otherIds }) {
      return { blockedIds: await listBlocked(db, userId, otherIds) };
    },
  });
}
