import type pg from 'pg';

export type Table = { readonly schema: string; readonly name: string };

/** Every table of every domain's schema; a partitioned table once, without its partitions. */
export async function domainTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(`
    select nspname as schema, relname as name
    from pg_class join pg_namespace n on n.oid = relnamespace join pg_roles r on r.oid = n.nspowner
    where r.rolname = 'nova_' || nspname and nspname <> 'event_log' and relkind in ('r', 'p') and not relispartition
    order by 1, 2`);
  return rows;
}

type Facts = {
  readonly columns: Readonly<Record<string, string>>;
  readonly viewColumns: readonly string[] | null;
  readonly viewText: string | null;
  readonly checks: readonly string[];
  readonly references: readonly { readonly from: string; readonly action: string }[];
  readonly deletedIndexes: readonly string[];
};

/** In what a table falls short of soft deletion, each in a sentence; empty for one that has all of it. */
export async function softDeletionProblems(client: pg.Client, table: Table): Promise<string[]> {
  const { columns, viewColumns, viewText, checks, references, deletedIndexes } = await factsOf(client, table);
  const both = /^CHECK \(\(\(deleted_at IS NULL\) = \(deleted_by IS NULL\)\)\)$/;
  const name = `${table.schema}.${table.name}`;
  const view = `active_${table.name}`;
  const unless = (kept: boolean, problem: string) => (kept ? [] : [`${name} ${problem}`]);
  return [
    ...unless(columns.deleted_at === 'timestamp with time zone', 'has no column deleted_at timestamptz'),
    ...unless(columns.deleted_by === 'uuid', 'has no column deleted_by uuid'),
    ...unless(
      checks.some((check) => both.test(check)),
      'has no CHECK that both are set or none',
    ),
    ...references
      .filter(({ action }) => action !== 'r')
      .map(({ from }) => `${name} is referenced by ${from} without on delete restrict`),
    ...unless(viewColumns !== null, `has no view ${view}`),
    ...unless(
      viewColumns === null || viewColumns.toSorted().join() === Object.keys(columns).toSorted().join(),
      `has columns that ${view} has not`,
    ),
    ...unless(viewText === null || /\(?deleted_at IS NULL\)?;?$/.test(viewText), `shows what is deleted in ${view}`),
    ...unless(
      deletedIndexes.some((columnsOfIndex) => columnsOfIndex.startsWith('deleted_by')),
      'has no partial index by deleted_by of what is deleted',
    ),
  ];
}

async function factsOf(client: pg.Client, { schema, name }: Table): Promise<Facts> {
  const { rows } = await client.query<Facts>(
    `with it as (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname = $1 and relname = $2),
    its_view as (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where nspname = $1 and relname = 'active_' || $2 and relkind = 'v')
    select
      (select coalesce(jsonb_object_agg(attname, format_type(atttypid, null)), '{}') from pg_attribute
        where attrelid = it.oid and attnum > 0 and not attisdropped) as columns,
      (select jsonb_agg(attname) from pg_attribute, its_view
        where attrelid = its_view.oid and attnum > 0 and not attisdropped) as "viewColumns",
      (select pg_get_viewdef(its_view.oid) from its_view) as "viewText",
      (select coalesce(jsonb_agg(pg_get_constraintdef(oid)), '[]') from pg_constraint
        where conrelid = it.oid and contype = 'c') as checks,
      (select coalesce(jsonb_agg(jsonb_build_object('from', conrelid::regclass::text, 'action', confdeltype)), '[]')
        from pg_constraint where confrelid = it.oid and contype = 'f') as "references",
      (select coalesce(jsonb_agg(pg_get_indexdef(indexrelid, 1, true)), '[]') from pg_index
        where indrelid = it.oid and pg_get_expr(indpred, indrelid) = '(deleted_at IS NOT NULL)') as "deletedIndexes"
    from it`,
    [schema, name],
  );
  return rows[0] as Facts;
}
