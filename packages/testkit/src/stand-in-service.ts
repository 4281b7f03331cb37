import type { DescService } from '@bufbuild/protobuf';
import { type RpcImplementation, type RpcService, rpcService } from '@nova/rpc';

/** Another domain's service with the methods that a test needs; the others fail when they are called. */
export function standInService<S extends DescService>(
  service: S,
  methods: Partial<RpcImplementation<S>>,
  permissions?: Parameters<typeof rpcService<S>>[2],
): RpcService {
  const missing = service.methods.map(({ localName }) => [
    localName,
    async () => {
      throw new Error(`This test has no ${localName}.`);
    },
  ]);
  const implementation = { ...Object.fromEntries(missing), ...methods } as RpcImplementation<S>;
  return rpcService(service, implementation, permissions);
}
