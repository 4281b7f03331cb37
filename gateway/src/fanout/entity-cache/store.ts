/** What a store has for some keys, and the generations that their tags are in at this moment. */
export type Look = {
  /** Of the store's own clock, which all who share it go by. */
  readonly nowMs: number;
  /** In the order of the keys. */
  readonly values: ReadonlyArray<string | undefined>;
  /** In the order of the tags; a tag that had none begins a new one, which never was before. */
  readonly generations: readonly string[];
};

export type Kept = { readonly key: string; readonly value: string; readonly lifeMs: number };

/** Keeps texts, and a generation for each tag. Every method may reject while the engine is away. */
export type CacheStore = {
  look(keys: readonly string[], tags: readonly string[]): Promise<Look>;
  keep(entries: readonly Kept[]): Promise<void>;
  /** Ends the generations of these tags and of what they stand for: see `endedBy`. */
  purge(tags: readonly string[]): Promise<void>;
};
