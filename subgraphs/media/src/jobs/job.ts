/** IMAGE and VIDEO make what is shown of an upload; REMOVAL removes every object of an asset and gives its room back. */
export type JobKind = 'IMAGE' | 'VIDEO' | 'REMOVAL';

/** A job that this process holds until its lease runs out. */
export type LeasedJob = {
  readonly id: string;
  readonly assetId: string;
  readonly kind: JobKind;
  /** This one included. */
  readonly attempts: number;
  readonly lease: string;
  /** Of the request that caused it. */
  readonly correlationId: string;
  readonly traceparent: string;
};
