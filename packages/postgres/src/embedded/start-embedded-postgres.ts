import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { requireReachable, serverAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { createCluster, openHome, requireSameMajor, superuser, superuserPassword } from './cluster.ts';
import { stopLeftover } from './leftover.ts';
import { startServer } from './server.ts';

export type EmbeddedPostgresOptions = {
  /** Made when missing. Holds the cluster and the superuser's password. */
  readonly dataDir: string;
  /** 0 means any free port. */
  readonly port: number;
  /** False gives up safety against a power cut for speed: for tests. Default true. */
  readonly durable?: boolean;
  readonly sharedBuffersMb?: number;
  /** Gets each line the server logs. */
  readonly onLog?: (line: string) => void;
};

export type EmbeddedPostgres = {
  readonly port: number;
  /** URL of the superuser, for creating databases and roles. */
  readonly adminUrl: string;
  urlFor(login: { database: string; user: string; password: string }): string;
  readonly pid: number;
  /** Whether the data of an earlier start was found. */
  readonly reused: boolean;
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends connections and stops the server; within seconds, and as often as one likes. */
  stop(): Promise<void>;
};

/**
 * Starts a real PostgreSQL on 127.0.0.1 from binaries installed by npm. It stops when this process dies, however that
 * happens. One server per data directory: whatever server is found running on it was left by a crash and is stopped.
 * Rejects with an `EmbeddedPostgresError` that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true, sharedBuffersMb = 128, onLog } = options;
  const binaries = await findBinaries();
  const home = openHome(options.dataDir);
  const account = serverAccount(home.clusterDir);
  if (account) requireReachable(account, { homeDir: home.dir, binaries });
  const password = superuserPassword(home);
  const reused = existsSync(join(home.clusterDir, 'PG_VERSION'));
  if (reused) requireSameMajor(home, binaries);
  else await createCluster({ home, binaries, password, account, durable });
  const { clusterDir } = home;
  await stopLeftover({ clusterDir, binaries, account });
  const server = await startServer(options.port, {
    clusterDir,
    binaries,
    account,
    password,
    durable,
    sharedBuffersMb,
    onLog,
  });
  const urlFor: EmbeddedPostgres['urlFor'] = (login) => {
    const credentials = `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}`;
    return `postgres://${credentials}@127.0.0.1:${server.port}/${encodeURIComponent(login.database)}`;
  };
  return {
    port: server.port,
    adminUrl: urlFor({ database: 'postgres', user: superuser, password }),
    urlFor,
    pid: server.pid,
    reused,
    exited: server.exited,
    stop: server.stop,
  };
}
