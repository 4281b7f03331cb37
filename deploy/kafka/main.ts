import { Advice } from '../dev/bootstrap/advice.mjs';
import { help, readCliOptions } from './cli-options.ts';
import { startKafka } from './kafka.ts';

/** `npm run kafka`: Kafka until Ctrl-C, or until a broker is lost. */

const heapMb = 384;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

try {
  const options = readCliOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(help);
  else await run(options);
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Advice ? error.message : error);
    process.exitCode = 1;
  }
}

async function run({ brokers, port, dataDir, reset, verbose }: ReturnType<typeof readCliOptions>): Promise<void> {
  const { signal } = interrupted;
  console.log(`Starting Kafka (${brokers === 1 ? 'one broker' : 'three brokers'}, data and logs in ${dataDir}) ...`);
  const onLost = (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
    interrupted.abort();
  };
  const print = (line: string) => console.log(line);
  const onLog = verbose ? print : undefined;
  const settings = { brokers, dataDir, ports: port, heapMb, reset };
  const kafka = await startKafka({ ...settings, signal, onLost, onLog, onProgress: print });
  console.log(`Kafka is ready:\n\n  KAFKA_BROKERS=${kafka.bootstrapServers.join()}\n\nCtrl-C stops it.`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await kafka.stop();
  console.log('Kafka has stopped.');
}
