import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AppError } from '@nova/errors';
import { ContentService, PostSchema, Visibility } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { ProfileSchema, UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import type { RpcService } from '@nova/rpc';
import { serveRpc, standInService, type TestKeys } from '@nova/testkit';

export type OwnedProfile = { username: string; displayName?: string; bio?: string; isDiscoverable?: boolean };
export type OwnedPost = { authorId: string; body: string; createdAt?: Date; isPublic?: boolean };
type Domain = 'user' | 'content' | 'social';

/** What user, content and social would say, and how often they were asked. */
export type Owners = {
  readonly address: string;
  readonly profiles: Map<string, OwnedProfile>;
  readonly posts: Map<string, OwnedPost>;
  /** Pairs in either order. */
  readonly blocks: Array<readonly [string, string]>;
  readonly asked: Record<string, string[][]>;
  readonly away: Set<Domain>;
  /** Runs before each message of a stream. */
  onStream: (after: string) => Promise<void>;
  /** Runs within each read by ids, after it was decided what is answered. */
  onRead: () => Promise<void>;
  stop(): Promise<void>;
};

const streamed = 100;

export async function startOwners(keys: TestKeys): Promise<Owners> {
  const owners: Omit<Owners, 'address' | 'stop'> = {
    profiles: new Map(),
    posts: new Map(),
    blocks: [],
    asked: {},
    away: new Set(),
    onStream: async () => undefined,
    onRead: async () => undefined,
  };
  const services = [userService(owners), contentService(owners), socialService(owners)];
  return Object.assign(owners, await serveRpc(services, { verifyIdentity: keys.verifyCaller }));
}

type State = Omit<Owners, 'address' | 'stop'>;

function userService(owners: State): RpcService {
  return standInService(UserService, {
    async getProfiles({ ids }) {
      note(owners, { domain: 'user', method: 'getProfiles', ids });
      const profiles = ids.flatMap((id) => profileOf(owners, id));
      await owners.onRead();
      return { profiles };
    },
    async *streamProfiles({ afterId }) {
      for await (const ids of batches(owners, { domain: 'user', ids: owners.profiles.keys(), afterId }))
        yield { profiles: ids.flatMap((id) => profileOf(owners, id)) };
    },
  });
}

function contentService(owners: State): RpcService {
  return standInService(ContentService, {
    async getPosts({ ids }) {
      note(owners, { domain: 'content', method: 'getPosts', ids });
      const posts = ids.flatMap((id) => postOf(owners, id));
      await owners.onRead();
      return { posts };
    },
    async *streamPosts({ afterId }) {
      for await (const ids of batches(owners, { domain: 'content', ids: owners.posts.keys(), afterId }))
        yield { posts: ids.flatMap((id) => postOf(owners, id)) };
    },
  });
}

function socialService(owners: State): RpcService {
  return standInService(SocialService, {
    async checkBlocked({ userId, otherIds }) {
      note(owners, { domain: 'social', method: 'checkBlocked', ids: otherIds });
      const isBlocked = (other: string) => owners.blocks.some((pair) => pair.includes(userId) && pair.includes(other));
      return { blockedIds: otherIds.filter(isBlocked) };
    },
  });
}

function note(owners: State, { domain, method, ids }: { domain: Domain; method: string; ids: readonly string[] }) {
  if (owners.away.has(domain)) throw new AppError('SERVICE_UNAVAILABLE', 'Away.');
  owners.asked[method] = [...(owners.asked[method] ?? []), [...ids]];
}

async function* batches(
  owners: State,
  { domain, ids, afterId }: { domain: Domain; ids: Iterable<string>; afterId: string },
): AsyncGenerator<string[]> {
  const all = [...ids].sort().filter((id) => id > afterId);
  for (let from = 0; from < all.length; from += streamed) {
    await owners.onStream(afterId);
    if (owners.away.has(domain)) throw new AppError('SERVICE_UNAVAILABLE', 'Away.');
    yield all.slice(from, from + streamed);
  }
}

function profileOf(owners: State, id: string) {
  const profile = owners.profiles.get(id);
  if (!profile) return [];
  const { username, displayName = username, bio = '', isDiscoverable = true } = profile;
  return [create(ProfileSchema, { id, username, displayName, bio, isDiscoverable })];
}

function postOf(owners: State, id: string) {
  const post = owners.posts.get(id);
  if (!post) return [];
  const { authorId, body, createdAt = new Date(), isPublic = true } = post;
  const visibility = isPublic ? Visibility.PUBLIC : Visibility.FOLLOWERS;
  return [create(PostSchema, { id, authorId, body, createdAt: timestampFromDate(createdAt), visibility })];
}
