import { timestampDate } from '@bufbuild/protobuf/wkt';
import { isAppError } from '@nova/errors';
import { ContentService, type Post, Visibility } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { type Profile, UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { backoffMs, waitFor } from '@nova/resilience';
import { type CallOrigin, callOptions, createRpcClient, type OwnCalls } from '@nova/rpc';
import type { PostDocument, Told, UserDocument } from '../documents/document.ts';
import type { Sources, Walk } from '../documents/sources.ts';
import type { Blocks } from '../searches/blocks.ts';
import { createCoalescedReads } from './coalesced-reads.ts';

/** Of one call that reads by ids. */
const readTimeoutMs = 5_000;
/** Of one stream; a longer one is taken up where it ended. */
const streamTimeoutMs = 10 * 60_000;
/** A stream that fails so often without having brought anything fails for good. */
const maxFruitlessTries = 5;
const maxBatch = 1_000;
const retryBackoff = { firstMs: 200, maxMs: 5_000 };

type Stopping = { stop(): void };

export function createSources(
  addresses: { readonly user: string; readonly content: string },
  ownCalls: OwnCalls,
): Sources & Stopping {
  const user = createRpcClient(UserService, { address: addresses.user });
  const content = createRpcClient(ContentService, { address: addresses.content });
  const readUser = createCoalescedReads((ids, cause) =>
    ownCalls.run({ cause, timeoutMs: readTimeoutMs }, async (origin) => {
      const { profiles } = await user.calls.getProfiles({ ids: [...ids] }, callOptions(origin));
      return new Map(profiles.map((profile) => [profile.id, toldOfProfile(profile)]));
    }),
  );
  const readPost = createCoalescedReads((ids, cause) =>
    ownCalls.run({ cause, timeoutMs: readTimeoutMs }, async (origin) => {
      const { posts } = await content.calls.getPosts({ ids: [...ids] }, callOptions(origin));
      return new Map(posts.map((post) => [post.id, toldOfPost(post)]));
    }),
  );
  const streamOptions = (origin: CallOrigin) => callOptions(origin, { maxMs: streamTimeoutMs });
  return {
    user: async (id, cause) => (await readUser(id, cause)) ?? { kind: 'absent' },
    post: async (id, cause) => (await readPost(id, cause)) ?? { kind: 'absent' },
    allUsers: (walk) =>
      publicOf(
        walkAll(walk, ownCalls, async function* (afterId, origin) {
          for await (const { profiles } of user.calls.streamProfiles({ afterId }, streamOptions(origin)))
            yield profiles;
        }),
        toldOfProfile,
      ),
    allPosts: (walk) =>
      publicOf(
        walkAll(walk, ownCalls, async function* (afterId, origin) {
          for await (const { posts } of content.calls.streamPosts({ afterId }, streamOptions(origin))) yield posts;
        }),
        toldOfPost,
      ),
    stop() {
      user.stop();
      content.stop();
    },
  };
}

/** Streams from the beginning to the end, however often the stream breaks off: by its time limit, or because its server is away for a moment. */
async function* walkAll<T extends { readonly id: string }>(
  { cause, signal }: Walk,
  ownCalls: OwnCalls,
  streamAfter: (afterId: string, origin: CallOrigin) => AsyncIterable<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  let afterId = '';
  for (let fruitlessTries = 0; ; ) {
    signal.throwIfAborted();
    const origin = await ownCalls.begin({ cause, timeoutMs: streamTimeoutMs, signal });
    try {
      for await (const message of streamAfter(afterId, origin)) {
        for (let from = 0; from < message.length; from += maxBatch) yield message.slice(from, from + maxBatch);
        afterId = message.at(-1)?.id ?? afterId;
        fruitlessTries = 0;
      }
      return;
    } catch (error) {
      fruitlessTries += 1;
      const mayPass = isAppError(error) && error.facts.retryable;
      if (signal.aborted || !mayPass || fruitlessTries >= maxFruitlessTries) throw error;
      await waitFor(backoffMs(retryBackoff, fruitlessTries), signal);
    } finally {
      origin.end();
    }
  }
}

async function* publicOf<Theirs, Ours>(
  batches: AsyncIterable<readonly Theirs[]>,
  toldOf: (theirs: Theirs) => Told<Ours>,
): AsyncGenerator<readonly Ours[]> {
  for await (const batch of batches) {
    yield batch.flatMap((theirs) => {
      const told = toldOf(theirs);
      return told.kind === 'public' ? [told.document] : [];
    });
  }
}

function toldOfProfile({ id, username, displayName, bio, isDiscoverable }: Profile): Told<UserDocument> {
  return isDiscoverable ? { kind: 'public', document: { id, username, displayName, bio } } : { kind: 'hidden' };
}

/** What says nothing of who may see it is not for everybody. */
function toldOfPost({ id, authorId, body, createdAt, visibility }: Post): Told<PostDocument> {
  if (visibility !== Visibility.PUBLIC || !createdAt) return { kind: 'hidden' };
  return { kind: 'public', document: { id, authorId, body, createdAt: timestampDate(createdAt) } };
}

export function createBlocks(address: string): Blocks & Stopping {
  const social = createRpcClient(SocialService, { address });
  return {
    async findBlocked(userId, otherIds, origin) {
      if (otherIds.length === 0) return new Set();
      const { blockedIds } = await social.calls.checkBlocked({ userId, otherIds: [...otherIds] }, callOptions(origin));
      return new Set(blockedIds);
    },
    stop: social.stop,
  };
}
