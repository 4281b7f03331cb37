import { type Connection, type PageRequest, pageOf } from '@nova/postgres';
import DataLoader from 'dataloader';

/** Loads the same page of many owners' connections with one statement. */
export type ConnectionLoader<T> = { load(ownerId: string, page: PageRequest): Promise<Connection<T>> };

/**
 * A loader of connections that hang on many parents (comments of posts, posts of users). `list` returns, for each
 * owner, up to `first + 1` rows in order; `ownerOf` tells whose a row is.
 */
export function createConnectionLoader<T extends { readonly id: string }>(options: {
  kind: string;
  list: (ownerIds: readonly string[], page: PageRequest) => Promise<readonly T[]>;
  ownerOf: (row: T) => string;
}): ConnectionLoader<T> {
  return createPageLoader(options.kind, async (ownerIds, page) => {
    const rows = Map.groupBy(await options.list(ownerIds, page), options.ownerOf);
    return new Map([...rows].map(([ownerId, own]) => [ownerId, pageOf(options.kind, page, own)]));
  });
}

/** The same for who makes the pages: `pages` returns those of the owners that have any; the others' are empty. */
export function createPageLoader<T extends { readonly id: string }>(
  kind: string,
  pages: (ownerIds: readonly string[], page: PageRequest) => Promise<ReadonlyMap<string, Connection<T>>>,
): ConnectionLoader<T> {
  const loaders = new Map<string, DataLoader<string, Connection<T>>>();
  const loaderFor = (page: PageRequest) =>
    new DataLoader<string, Connection<T>>(
      async (ownerIds) => {
        const found = await pages(ownerIds, page);
        return ownerIds.map((ownerId) => found.get(ownerId) ?? pageOf(kind, page, []));
      },
      { maxBatchSize: 1_000 },
    );
  return {
    load(ownerId, page) {
      const key = `${page.first}:${page.afterId}`;
      const loader = loaders.get(key) ?? loaderFor(page);
      loaders.set(key, loader);
      return loader.load(ownerId);
    },
  };
}
