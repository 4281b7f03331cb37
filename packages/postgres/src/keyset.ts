import { AppError } from '@nova/errors';

/** One page of a connection ordered by id, as a client asked for it. */
export type PageRequest = {
  readonly first: number;
  /** Id of the last row of the page before; ids are uuidv7, so their order is the order of time. */
  readonly afterId: string | null;
};

export type Edge<T> = { readonly cursor: string; readonly node: T };

/** A Relay connection. */
export type Connection<T> = {
  readonly edges: readonly Edge<T>[];
  readonly nodes: readonly T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
};

const maxPageSize = 100;
const defaultPageSize = 20;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text has the form of the ids that rows have; anything else is nobody's id. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/**
 * Checks the arguments of a connection. `kind` names the connection, so that a cursor of another one is refused; without
 * `first` a page has 20 rows.
 * Throws INVALID_PAGE_SIZE outside 0 to 100 and INVALID_CURSOR.
 */
export function pageRequest(kind: string, args: { first?: number | null; after?: string | null }): PageRequest {
  const { after } = args;
  const first = args.first ?? defaultPageSize;
  if (first < 0 || first > maxPageSize) {
    throw new AppError('INVALID_PAGE_SIZE', `"first" must be from 0 to ${maxPageSize}, not ${first}.`, {
      details: { argument: 'first', value: first, limit: maxPageSize },
    });
  }
  return { first, afterId: after == null ? null : idOf(kind, after) };
}

/** Builds a page from at most `first + 1` rows: the extra one only tells that there is a next page. */
export function pageOf<T extends { readonly id: string }>(
  kind: string,
  request: PageRequest,
  rows: readonly T[],
): Connection<T> {
  const nodes = rows.slice(0, request.first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(kind, node.id), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: rows.length > request.first,
      hasPreviousPage: request.afterId !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The cursor of a row of the connection that `kind` names. */
export function cursorOf(kind: string, id: string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url');
}

function idOf(kind: string, cursor: string): string {
  const [foundKind, id] = Buffer.from(cursor, 'base64url').toString().split(':');
  if (foundKind !== kind || id === undefined || !isUuid(id) || cursorOf(kind, id) !== cursor) {
    throw new AppError('INVALID_CURSOR', 'The cursor was not issued by this connection.', {
      details: { argument: 'after' },
    });
  }
  return id;
}
