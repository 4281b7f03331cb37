import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Advice } from '../dev/bootstrap/advice.mjs';
import { startWatchdog } from '../dev/launcher/watchdog.ts';
import { liveBrokers } from './health.ts';
import { javaArgs, type KafkaProgram } from './kafka-program.ts';
import { openLogFile } from './log-file.ts';

export type BrokerProcessOptions = {
  readonly program: KafkaProgram;
  readonly id: number;
  /** `host:port` for clients. */
  readonly address: string;
  readonly nodeDir: string;
  readonly propertiesFile: string;
  readonly logPath: string;
  readonly heapMb: number;
  readonly onLog?: (line: string) => void;
  /** Called with an `Advice` when it ends, once ready, though nobody stopped it. */
  readonly onLost?: (error: Error) => void;
};

export type BrokerProcess = {
  readonly pid: number;
  readonly isOver: () => boolean;
  /** Resolves when the cluster counts this broker as alive; throws `Advice` with its last lines when it ends or is late. */
  ready(deadlineMs: number): Promise<void>;
  /** Ends it, by SIGKILL when it does not heed the signal in time. */
  stop(signal: NodeJS.Signals): Promise<void>;
};

const graceMs = 15_000;
const probeEveryMs = 200;

/** Starts the broker in a session of its own, so that Ctrl-C in a terminal reaches the launcher alone. */
export function spawnBroker(options: BrokerProcessOptions): BrokerProcess {
  const { program, id, heapMb, nodeDir, propertiesFile } = options;
  const log = openLogFile(options.logPath, options.onLog);
  const child = spawn(program.java, [...javaArgs(program, heapMb), 'kafka.Kafka', propertiesFile], {
    cwd: nodeDir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (!pid) throw new Advice(`${program.java} could not be started.`);
  log.follow([child.stdout, child.stderr]);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const closed = once(child, 'close').then(() => undefined);
  const watchdog = startWatchdog({ name: 'kafka', pid, dataDir: nodeDir });
  void closed.then(() => watchdog.kill('SIGKILL'));
  const failure = (what: string) =>
    new Advice(`Kafka broker ${id} ${what}. The end of its log, ${log.path}:\n${log.tail()}`);
  let isReady = false;
  let isStopping = false;
  void closed.then(() => {
    if (isReady && !isStopping) options.onLost?.(failure(`ended (${child.signalCode ?? `code ${child.exitCode}`})`));
  });

  return {
    pid,
    isOver,
    async ready(deadlineMs) {
      for (;;) {
        if (isOver()) {
          await closed;
          throw failure('ended while starting');
        }
        const live = await liveBrokers(options.address).catch((): number[] => []);
        if (live.includes(id) && !isOver()) {
          isReady = true;
          return;
        }
        if (Date.now() > deadlineMs) throw failure('was not ready in time');
        await Promise.race([closed, delay(probeEveryMs)]);
      }
    },
    async stop(signal) {
      isStopping = true;
      for (const next of [signal, 'SIGKILL'] as const) {
        if (isOver()) break;
        child.kill(next);
        await Promise.race([closed, delay(graceMs, undefined, { ref: false })]);
      }
      await closed;
    },
  };
}
