import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { metadataNames } from '@nova/runtime';
import type { Metadata } from 'nice-grpc-common';

/** grpc-js takes `grpc-timeout` out of the metadata; this puts back how long the caller still waits, for `callerTimeoutMs`. */
export const keepCallerTimeout: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, pass) {
          const deadline = Number(call.getDeadline());
          if (Number.isFinite(deadline)) metadata.set(metadataNames.timeout, `${Math.max(0, deadline - Date.now())}m`);
          pass(metadata);
        },
      }),
  });

/** Milliseconds; undefined when the caller set no limit. */
export function callerTimeoutMs(metadata: Metadata): number | undefined {
  const [, digits] = /^(\d{1,8})m$/.exec(metadata.get(metadataNames.timeout) ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}
