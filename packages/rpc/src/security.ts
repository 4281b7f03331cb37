import { ServerCredentials } from '@grpc/grpc-js';
import { ChannelCredentials } from 'nice-grpc';

/** How a server and a channel secure the wire. Mutual TLS is another value of the same shape. */
export type TransportSecurity = {
  readonly server: ServerCredentials;
  readonly channel: ChannelCredentials;
};

/** Plain text, for loopback only: `startRpcServer` refuses it on any other address. */
export function insecureServer(): ServerCredentials {
  return ServerCredentials.createInsecure();
}

export function insecureChannel(): ChannelCredentials {
  return ChannelCredentials.createInsecure();
}
