import pg from 'pg';

export type DomainRole = { readonly name: string; readonly password: string };

/** The login role of a domain. */
export function roleName(domain: string): string {
  return `nova_${domain}`;
}

/** The event log in PostgreSQL, used where no Kafka carries the events. */
export const eventLogSchema = 'event_log';

/** Whoever may append to and read the event log: granted to every domain's role, and granted its rights by the log's migrations. */
const eventLogMemberRole = 'nova_event_log_member';

/**
 * What a domain needs in its schema beyond its own tables: only a superuser makes extensions and gives roles their settings.
 * How similar a word of a search has to be to one of a text: two letters exchanged in a word of ten leave 0.46, PostgreSQL's own limit is 0.6.
 */
const furnishings: Readonly<Record<string, Furnishing>> = {
  search: { extensions: ['pg_trgm'], settings: { 'pg_trgm.word_similarity_threshold': '0.4' } },
};

type Furnishing = { readonly extensions: readonly string[]; readonly settings: Readonly<Record<string, string>> };

/**
 * Makes the database and, for each domain, a login role that owns a schema of the domain's name and nothing else. With
 * `eventLogPassword` also the schema of the event log, owned by a login role of its own, which the domains may use.
 * Timeouts and search_path sit on the role: as startup options they do not pass a transaction pooler. Repeatable;
 * `adminUrl` is a superuser's URL of any database on the server.
 */
export async function provisionDatabase(options: {
  adminUrl: string;
  database: string;
  domains: readonly DomainRole[];
  eventLogPassword?: string;
}): Promise<void> {
  const { database, domains, eventLogPassword } = options;
  await withClient(options.adminUrl, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  });
  const url = new URL(options.adminUrl);
  url.pathname = `/${database}`;
  await withClient(url.href, async (client) => {
    await client.query(`revoke all on database ${client.escapeIdentifier(database)} from public`);
    for (const domain of domains) await provisionOwner(client, database, domain);
    if (eventLogPassword !== undefined) {
      await provisionOwner(client, database, { name: eventLogSchema, password: eventLogPassword });
      await provisionEventLogMembers(client, domains);
    }
  });
}

async function provisionEventLogMembers(client: pg.Client, domains: readonly DomainRole[]): Promise<void> {
  const member = client.escapeIdentifier(eventLogMemberRole);
  await ensureRole(client, eventLogMemberRole, 'nologin');
  await client.query(`grant usage on schema ${client.escapeIdentifier(eventLogSchema)} to ${member}`);
  for (const { name } of domains) await client.query(`grant ${member} to ${client.escapeIdentifier(roleName(name))}`);
}

async function provisionOwner(client: pg.Client, database: string, owner: DomainRole): Promise<void> {
  const name = roleName(owner.name);
  const role = client.escapeIdentifier(name);
  const schema = client.escapeIdentifier(owner.name);
  await ensureRole(client, name, 'login');
  await client.query(`alter role ${role} password ${client.escapeLiteral(owner.password)}`);
  await client.query(`alter role ${role} set search_path = ${schema}`);
  await client.query(`alter role ${role} set statement_timeout = '30s'`);
  await client.query(`alter role ${role} set lock_timeout = '10s'`);
  await client.query(`alter role ${role} set idle_in_transaction_session_timeout = '30s'`);
  await client.query(`grant connect on database ${client.escapeIdentifier(database)} to ${role}`);
  await client.query(`create schema if not exists ${schema} authorization ${role}`);
  await furnish(client, owner.name);
}

async function furnish(client: pg.Client, domain: string): Promise<void> {
  const { extensions = [], settings = {} }: Partial<Furnishing> = furnishings[domain] ?? {};
  const schema = client.escapeIdentifier(domain);
  for (const extension of extensions)
    await client.query(`create extension if not exists ${client.escapeIdentifier(extension)} with schema ${schema}`);
  for (const [name, value] of Object.entries(settings))
    await client.query(
      `alter role ${client.escapeIdentifier(roleName(domain))} set ${name} = ${client.escapeLiteral(value)}`,
    );
}

async function ensureRole(client: pg.Client, name: string, kind: 'login' | 'nologin'): Promise<void> {
  const found = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  if (found.rowCount === 0) await client.query(`create role ${client.escapeIdentifier(name)} ${kind}`);
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
