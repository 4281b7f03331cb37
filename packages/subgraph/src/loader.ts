import DataLoader from 'dataloader';

/** Collects the keys of one tick into one batch. Make loaders per request: their cache is what that viewer may see. */
export type Loader<K, V> = { load(key: K): Promise<V> };

/**
 * A loader over one batch function that returns what it found by key: a value, or an error for that key
 * alone. A key it does not return loads as null.
 * Batches hold at most `maxBatchSize` keys (default 1 000), so that statements and messages stay bounded.
 */
export function createLoader<K extends string, V>(
  batch: (keys: readonly K[]) => Promise<ReadonlyMap<K, V | Error>>,
  options: { maxBatchSize?: number } = {},
): Loader<K, V | null> {
  return new DataLoader<K, V | null>(
    async (keys) => {
      const found = await batch(keys);
      return keys.map((key) => found.get(key) ?? null);
    },
    { maxBatchSize: options.maxBatchSize ?? 1_000 },
  );
}
