import type { Failure, Measures } from '../assets/asset.ts';

/** What became of an upload. */
export type Outcome = { readonly made: Measures } | { readonly failure: Failure };

/** One upload in a directory of its own, which is removed afterwards. */
export type Material = {
  readonly directory: string;
  /** What was uploaded. */
  readonly file: string;
  readonly contentType: string;
  /** Aborts when the time for it is up, or when it is somebody else's work by now. */
  readonly signal: AbortSignal;
  /** Stores a file of the directory as an object of the asset. */
  store(key: string, file: string): Promise<void>;
};
