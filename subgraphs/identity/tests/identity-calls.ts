import { randomUUID } from 'node:crypto';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { startDeadline } from '@nova/resilience';
import { callOptions, createCallTally, createRpcClient, type RpcClient } from '@nova/rpc';
import { anonymous, type Identity, traceparentFrom } from '@nova/runtime';
import type { TestKeys } from '@nova/testkit';

type Calls = RpcClient<typeof IdentityService>['calls'];
type Options = ReturnType<typeof callOptions>;

export type IdentityCalls = {
  /** Calls with a signed identity (nobody's unless said otherwise), as another domain does for a request. */
  call<T>(send: (calls: Calls, options: Options) => Promise<T>, as?: Identity | { token: string }): Promise<T>;
  stop(): void;
};

export function createIdentityCalls({ grpcAddress, keys }: { grpcAddress: string; keys: TestKeys }): IdentityCalls {
  const client = createRpcClient(IdentityService, { address: grpcAddress });
  return {
    async call(send, as = anonymous) {
      const deadline = startDeadline(5_000);
      const options = callOptions({
        identityToken: 'token' in as ? as.token : await keys.sign(as),
        correlationId: randomUUID(),
        traceparent: traceparentFrom(undefined),
        deadline,
        tally: createCallTally(undefined),
      });
      return send(client.calls, options).finally(() => deadline.clear());
    },
    stop: client.stop,
  };
}
