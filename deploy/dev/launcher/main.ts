import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from '@nova/postgres/embedded';
import { StopStack } from '@nova/runtime';
import { Advice } from '../bootstrap/advice.mjs';
import { printLine } from '../bootstrap/progress.mjs';
import { launch } from './launch.ts';
import type { LauncherOptions } from './options.ts';

/** Started by start.mjs with an IPC channel; runs until a signal comes or start.mjs is gone. */
const stopWithinMs = 14_000;

const stopRequest = new AbortController();
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopRequest.abort());
process.on('disconnect', () => stopRequest.abort());
const stopRequested = new Promise((resolve) => stopRequest.signal.addEventListener('abort', resolve));

const stops = new StopStack();
const options: LauncherOptions = JSON.parse(process.argv[2] ?? '{}');
try {
  await launch({ options, stops, signal: stopRequest.signal });
  await stopRequested;
} catch (error) {
  if (!stopRequest.signal.aborted) {
    const mendable = error instanceof Advice || error instanceof EmbeddedPostgresError;
    console.error(mendable ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
const engines = [...(options.redis ? [', Redis'] : []), ...(options.kafka ? [', Kafka'] : [])].join('');
if (stopRequest.signal.aborted) printLine(`\nStopping: gateway, subgraphs, database${engines}.`);
await Promise.race([
  stops.stop().catch((error) => console.error(error)),
  delay(stopWithinMs, undefined, { ref: false }),
]);
if (stopRequest.signal.aborted) printLine('Stopped.');
process.exit();
