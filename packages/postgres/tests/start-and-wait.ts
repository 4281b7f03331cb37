import { startEmbeddedPostgres } from '../src/embedded/index.ts';

/** Started as a child by embedded.test.ts, to be killed: starts a server, says so, and waits for its end. */
const [dataDir = ''] = process.argv.slice(2);
const { pid, port } = await startEmbeddedPostgres({ dataDir, port: 0, durable: false });
process.send?.({ pid, port });
