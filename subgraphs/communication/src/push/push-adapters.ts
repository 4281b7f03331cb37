import { createApnsAdapter } from './apns-adapter.ts';
import type { ApnsCredentials } from './apns-provider-token.ts';
import type { ServiceAccount } from './fcm-access-token.ts';
import { createFcmAdapter } from './fcm-adapter.ts';
import type { PushAdapter } from './push-adapter.ts';

/** Where to send pushes, and as whom; a platform without credentials is off. */
export type PushConfig = {
  readonly fcm: { readonly account: ServiceAccount; readonly url: string } | undefined;
  readonly apns: { readonly credentials: ApnsCredentials; readonly url: string } | undefined;
};

export function createPushAdapters({ fcm, apns }: PushConfig): readonly PushAdapter[] {
  return [...(fcm ? [createFcmAdapter(fcm)] : []), ...(apns ? [createApnsAdapter(apns)] : [])];
}
