import type { DescService } from '@bufbuild/protobuf';
import { type Asset, MediaService, State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import type { RpcImplementation } from '@nova/rpc';
import type { IdentityVerifier } from '@nova/runtime';
import { freeFixedPort, serveRpc, standInService } from '@nova/testkit';

/** What one other domain answers, on a port that is known before it starts. */
export type Peer = {
  readonly address: string;
  start(verifyIdentity: IdentityVerifier): Promise<void>;
  stop(): Promise<void>;
};

/** Who follows and blocks whom, as the social domain would tell. */
export async function socialPeer() {
  const follows = new Set<string>();
  const blocks = new Set<string>();
  const asked: Array<readonly string[]> = [];
  const pair = (a: string, b: string) => `${a} ${b}`;
  const peer = await peerOf(SocialService, {
    async getRelations({ userId, otherIds }) {
      asked.push(otherIds);
      return {
        relations: otherIds.map((otherId) => ({
          otherId,
          follows: follows.has(pair(userId, otherId)),
          isFollowedBy: follows.has(pair(otherId, userId)),
          blocks: blocks.has(pair(userId, otherId)),
          isBlockedBy: blocks.has(pair(otherId, userId)),
        })),
      };
    },
  });
  return {
    ...peer,
    /** The others of each call, in the order of the calls. */
    asked,
    follow: (follower: string, followed: string) => void follows.add(pair(follower, followed)),
    block: (blocker: string, blocked: string) => void blocks.add(pair(blocker, blocked)),
  };
}

/** Media assets, as the media domain would tell. */
export async function mediaPeer() {
  const assets = new Map<string, Pick<Asset, 'id' | 'ownerId' | 'state'>>();
  const peer = await peerOf(MediaService, {
    getAssets: async ({ ids }) => ({ assets: ids.flatMap((id) => assets.get(id) ?? []) }),
  });
  return {
    ...peer,
    put: (id: string, ownerId: string, state: State = State.READY) => void assets.set(id, { id, ownerId, state }),
  };
}

async function peerOf<S extends DescService>(service: S, methods: Partial<RpcImplementation<S>>): Promise<Peer> {
  const port = await freeFixedPort();
  let server: Awaited<ReturnType<typeof serveRpc>> | undefined;
  return {
    address: `127.0.0.1:${port}`,
    async start(verifyIdentity) {
      server = await serveRpc([standInService(service, methods)], { verifyIdentity, port });
    },
    async stop() {
      await server?.stop();
    },
  };
}
