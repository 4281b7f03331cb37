import { type RpcService, readDescriptors, startRpcServer } from '@nova/rpc';
import { createLogger, createMetrics } from '@nova/runtime';

type Options = { verifyIdentity: Parameters<typeof startRpcServer>[0]['verifyIdentity']; port?: number };

/** Serves what stands in for services of other domains. */
export async function serveRpc(
  services: readonly RpcService[],
  { verifyIdentity, port = 0 }: Options,
): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const server = await startRpcServer({
    host: '127.0.0.1',
    port,
    services,
    descriptors: readDescriptors(),
    verifyIdentity,
    log: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test'),
  });
  return { address: `127.0.0.1:${server.port}`, stop: server.stop };
}
