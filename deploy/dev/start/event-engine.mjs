import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Advice } from '../bootstrap/advice.mjs';

/**
 * Where the events of an instance go: `postgres` (the embedded log), `kafka` (that of --kafka, in the data directory) or
 * `own kafka` (the person's, by KAFKA_BROKERS). A log holds what consumers have not read yet and how far they are, so data
 * stays with the engine it began with.
 */

const names = {
  postgres: 'PostgreSQL, the embedded event log',
  kafka: 'the Kafka of --kafka',
  'own kafka': 'the Kafka that KAFKA_BROKERS named',
};
const ways = {
  postgres: 'without --kafka and KAFKA_BROKERS',
  kafka: 'with --kafka',
  'own kafka': 'with that KAFKA_BROKERS',
};

/**
 * The engine of this start. Without a word about it, data that began with --kafka goes on with it. Throws `Advice` when
 * the data has another one than was asked for.
 * @returns {{ engine: 'postgres' | 'kafka' | 'own kafka', isRemembered: boolean }} `isRemembered`: nobody asked for it.
 */
export function chooseEventEngine({ dataDir, kafka, reset }, env) {
  const wanted = kafka ? 'kafka' : env.KAFKA_BROKERS ? 'own kafka' : 'postgres';
  const found = reset ? undefined : engineOf(dataDir);
  if (found === undefined || found === wanted) return { engine: wanted, isRemembered: false };
  if (found === 'kafka' && wanted === 'postgres') return { engine: 'kafka', isRemembered: true };
  throw new Advice(
    `The events of the data in ${dataDir} are in ${names[found]}, and what is unread there stays there; this start would use ${names[wanted]}.\n` +
      `Start ${ways[found]}, or make the data anew (what is there is deleted): npm start -- --reset${kafka ? ' --kafka' : ''}`,
  );
}

export function rememberEventEngine(dataDir, engine) {
  const file = join(dataDir, 'event-engine.json');
  writeFileSync(`${file}.new`, JSON.stringify({ engine }));
  renameSync(`${file}.new`, file);
}

/** Undefined while there is no database: nothing was written yet. */
function engineOf(dataDir) {
  if (!existsSync(join(dataDir, 'postgres/cluster'))) return undefined;
  const file = join(dataDir, 'event-engine.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).engine : 'postgres';
}
