import type { CallOrigin } from '@nova/rpc';

/** Whom search asks who does not want to meet whom. */
export type Blocks = {
  /** Those of at most 1 000 others who blocked the user or were blocked by the user, in one call. Throws SERVICE_UNAVAILABLE. */
  findBlocked(userId: string, otherIds: readonly string[], origin: CallOrigin): Promise<ReadonlySet<string>>;
};
