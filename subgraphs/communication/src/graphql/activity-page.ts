import { type Connection, type PageRequest, pageOf } from '@nova/postgres';

/** As `pageOf`, of rows in the order of their last activity: the cursor is the activity's id, not the row's. */
export function activityPage<T extends { readonly activityId: string }>(
  kind: string,
  request: PageRequest,
  rows: readonly T[],
): Connection<T> {
  const page = pageOf(
    kind,
    request,
    rows.map((row) => ({ id: row.activityId, row })),
  );
  return {
    edges: page.edges.map(({ cursor, node }) => ({ cursor, node: node.row })),
    nodes: page.nodes.map(({ row }) => row),
    pageInfo: page.pageInfo,
  };
}
