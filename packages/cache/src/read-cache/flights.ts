/** Finds the values of keys; those that have none are not in the map. */
export type Find<V> = (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;

/** Searches that are under way, which others join instead of beginning their own. */
export type Flights<V> = {
  /**
   * The values of the keys: what is under way is waited for, the rest is found with one call. Throws what `find` throws; of a search
   * that others had begun, only once it has failed a second time.
   */
  get(keys: readonly string[], find: Find<V>): Promise<Map<string, V>>;
  /** Who asks for these keys from now on begins anew, and what is under way does not land. */
  forget(keys: readonly string[]): void;
  clear(): void;
};

/** `landed` gets each value that was found, unless it was forgotten meanwhile. */
export function createFlights<V>(landed: (key: string, value: V) => void): Flights<V> {
  const flights = new Map<string, ReturnType<Find<V>>>();
  const begin = async (keys: readonly string[], find: Find<V>): ReturnType<Find<V>> => {
    const flight = find(keys);
    for (const key of keys) flights.set(key, flight);
    const current = () => keys.filter((key) => flights.get(key) === flight);
    try {
      const found = await flight;
      for (const key of current()) {
        const value = found.get(key);
        if (value !== undefined) landed(key, value);
      }
      return found;
    } finally {
      for (const key of current()) flights.delete(key);
    }
  };
  const join = async (keys: readonly string[], find: Find<V>, tries: number): Promise<Map<string, V>> => {
    const byFlight = Map.groupBy(keys, (key) => flights.get(key));
    const parts = [...byFlight].map(async ([flight, part]) => {
      // Whoever began it may have hung up, which is no reason to fail for others: one of them begins anew.
      const again = (error: unknown) => {
        if (tries > 1) return join(part, find, tries - 1);
        throw error;
      };
      const found = await (flight ? flight.catch(again) : begin(part, find));
      return part.flatMap((key): [string, V][] => {
        const value = found.get(key);
        return value === undefined ? [] : [[key, value]];
      });
    });
    return new Map((await Promise.all(parts)).flat());
  };
  return {
    get: (keys, find) => join(keys, find, 2),
    forget(keys) {
      for (const key of keys) flights.delete(key);
    },
    clear: () => flights.clear(),
  };
}
