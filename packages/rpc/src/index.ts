export { type CallOrigin, callOptions } from './call-options.ts';
export { type CallTally, createCallTally } from './call-tally.ts';
export { createRpcClient, type RpcClient } from './client.ts';
export { readDescriptors } from './descriptors.ts';
export { type CallCause, createOwnCalls, type OwnCalls } from './own-calls.ts';
export { insecureChannel, insecureServer, type TransportSecurity } from './security.ts';
export {
  type RpcContext,
  type RpcImplementation,
  type RpcServer,
  type RpcService,
  rpcService,
  startRpcServer,
} from './server.ts';
export {
  type RpcServerLimits,
  rpcServerSettings,
  toRpcServerLimits,
} from './server-limits.ts';
