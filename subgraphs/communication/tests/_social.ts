import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import type { IdentityVerifier } from '@nova/runtime';
import { freeFixedPort, serveRpc, standInService } from '@nova/testkit';

/** Social's gRPC service, which is another domain's, with blocks that the test makes. It counts the calls and can go away. */
export async function startSocialStandIn() {
  const port = await freeFixedPort();
  const blocks = new Set<string>();
  const calls: string[][] = [];
  let verify: IdentityVerifier | undefined;
  const service = standInService(SocialService, {
    async checkBlocked({ userId, otherIds }) {
      calls.push(otherIds);
      const between = (otherId: string) => blocks.has(`${userId}/${otherId}`) || blocks.has(`${otherId}/${userId}`);
      return { blockedIds: otherIds.filter(between) };
    },
  });
  const start = () =>
    serveRpc([service], {
      port,
      verifyIdentity: (token) => (verify ? verify(token) : Promise.reject(new Error('not yet'))),
    });
  let server = await start();
  return {
    address: `127.0.0.1:${port}`,
    calls,
    block: (blockerId: string, blockedId: string) => blocks.add(`${blockerId}/${blockedId}`),
    trust(verifier: IdentityVerifier) {
      verify = verifier;
    },
    async whileAway(work: () => Promise<void>) {
      await server.stop();
      await work().finally(async () => {
        server = await start();
      });
    },
    stop: () => server.stop(),
  };
}
