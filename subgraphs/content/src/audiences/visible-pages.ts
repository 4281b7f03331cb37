import { type Connection, cursorOf, type PageRequest, pageOf } from '@nova/postgres';

/** Where the list of one owner goes on. */
export type Place = { readonly ownerId: string; readonly afterId: string | null };

type Row = { readonly id: string };

export type VisibleSource<T extends Row> = {
  /** Names the connection in its cursors. */
  readonly kind: string;
  /** The next rows of each list, at most `limit` for each, in one statement. */
  readonly list: (places: readonly Place[], limit: number) => Promise<readonly T[]>;
  readonly ownerOf: (row: T) => string;
  /** Those of the rows that the viewer sees. */
  readonly visible: (rows: readonly T[]) => Promise<readonly T[]>;
};

type Walk<T> = { readonly ownerId: string; afterId: string | null; readonly kept: T[]; isAtEnd: boolean };

const maxRounds = 5;
const laterRows = 100;

/**
 * A page of each owner's list without what the viewer does not see. Where that leaves too little, more rows are read, in at most five
 * rounds for all lists together: `first + 1` rows of each list, then 100 or more. Each round is one statement. A page that is
 * still short afterwards says that there is a next one and where it begins: at the last row that was looked at.
 */
export async function visiblePages<T extends Row>(
  ownerIds: readonly string[],
  page: PageRequest,
  source: VisibleSource<T>,
): Promise<Map<string, Connection<T>>> {
  const walks = ownerIds.map((ownerId): Walk<T> => ({ ownerId, afterId: page.afterId, kept: [], isAtEnd: false }));
  const isShort = ({ isAtEnd, kept }: Walk<T>) => !isAtEnd && kept.length <= page.first;
  for (let round = 0, open = walks; round < maxRounds && open.length > 0; round += 1, open = walks.filter(isShort))
    await walkOn(open, round === 0 ? page.first + 1 : Math.max(page.first + 1, laterRows), source);
  return new Map(walks.map((walk) => [walk.ownerId, connectionOf(walk, page, source.kind)]));
}

async function walkOn<T extends Row>(
  walks: readonly Walk<T>[],
  limit: number,
  source: VisibleSource<T>,
): Promise<void> {
  const rows = await source.list(walks, limit);
  const visible = new Set(await source.visible(rows));
  const byOwner = Map.groupBy(rows, source.ownerOf);
  for (const walk of walks) {
    const own = byOwner.get(walk.ownerId) ?? [];
    walk.kept.push(...own.filter((row) => visible.has(row)));
    walk.afterId = own.at(-1)?.id ?? walk.afterId;
    walk.isAtEnd = own.length < limit;
  }
}

function connectionOf<T extends Row>(
  { kept, isAtEnd, afterId }: Walk<T>,
  page: PageRequest,
  kind: string,
): Connection<T> {
  const connection = pageOf(kind, page, kept);
  if (isAtEnd || kept.length > page.first || afterId === null) return connection;
  const pageInfo = { ...connection.pageInfo, hasNextPage: true, endCursor: cursorOf(kind, afterId) };
  return { ...connection, pageInfo };
}
