import { randomBytes } from 'node:crypto';
import { roleName } from '@nova/postgres';
import pg from 'pg';
import { inject } from 'vitest';

/** The PostgreSQL of this test run. */
export type TestServer = { readonly adminUrl: string; readonly rolePassword: string };

export type TestDatabase = {
  /** The URL of the domain's own role. */
  urlFor(domain: string): string;
  /** A superuser's URL, for tests that look at or bend the state from outside. */
  readonly adminUrl: string;
  /** Keeps every domain off the database (the open connections ended, no new ones) while `work` runs. */
  whileAway(work: () => Promise<void>): Promise<void>;
  drop(): Promise<void>;
};

export const templateDatabase = 'nova_template';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestServer;
  }
}

/** A database of its own, with every domain's schema migrated and empty. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgres');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(server, (client) => client.query(`create database ${name} template ${templateDatabase}`));
  const adminUrl = new URL(server.adminUrl);
  adminUrl.pathname = `/${name}`;
  return {
    urlFor: (domain) => roleUrl(server, domain, name),
    adminUrl: adminUrl.href,
    async whileAway(work) {
      const limit = (connections: number) => `alter database ${name} connection limit ${connections}`;
      const endAll = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
      await asAdmin(server, (client) => client.query(`${limit(0)}; ${endAll}`));
      try {
        await work();
      } finally {
        await asAdmin(server, (client) => client.query(limit(-1)));
      }
    },
    drop: () => asAdmin(server, (client) => client.query(`drop database ${name} with (force)`)),
  };
}

export function roleUrl(server: TestServer, domain: string, database: string): string {
  const url = new URL(server.adminUrl);
  url.username = roleName(domain);
  url.password = server.rolePassword;
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin(server: TestServer, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: server.adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
