import pg from 'pg';

export type DomainRole = { readonly name: string; readonly password: string };

/** The login role of a domain. */
export function roleName(domain: string): string {
  return `nova_${domain}`;
}

/**
 * Makes the database and, for each domain, a login role that owns a schema of the domain's name and nothing else.
 * Timeouts and search_path sit on the role: as startup options they do not pass a transaction pooler. Repeatable;
 * `adminUrl` is a superuser's URL of any database on the server.
 */
export async function provisionDatabase(options: {
  adminUrl: string;
  database: string;
  domains: readonly DomainRole[];
}): Promise<void> {
  await withClient(options.adminUrl, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [options.database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(options.database)}`);
  });
  const url = new URL(options.adminUrl);
  url.pathname = `/${options.database}`;
  await withClient(url.href, async (client) => {
    await client.query(`revoke all on database ${client.escapeIdentifier(options.database)} from public`);
    for (const domain of options.domains) await provisionDomain(client, options.database, domain);
  });
}

async function provisionDomain(client: pg.Client, database: string, domain: DomainRole): Promise<void> {
  const name = roleName(domain.name);
  const role = client.escapeIdentifier(name);
  const schema = client.escapeIdentifier(domain.name);
  const found = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  if (found.rowCount === 0) await client.query(`create role ${role} login`);
  await client.query(`alter role ${role} password ${client.escapeLiteral(domain.password)}`);
  await client.query(`alter role ${role} set search_path = ${schema}`);
  await client.query(`alter role ${role} set statement_timeout = '30s'`);
  await client.query(`alter role ${role} set lock_timeout = '10s'`);
  await client.query(`alter role ${role} set idle_in_transaction_session_timeout = '30s'`);
  await client.query(`grant connect on database ${client.escapeIdentifier(database)} to ${role}`);
  await client.query(`create schema if not exists ${schema} authorization ${role}`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
