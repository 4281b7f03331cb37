import type { ReadinessCheck } from './admin-server.ts';
import type { Logger } from './logger.ts';

/** Something that was started. `stop` may be called twice. */
export type Running = { stop(): Promise<void> };

/** Stops what was started, last first. A failing stop does not keep the others from stopping. */
export class StopStack {
  #stops: Array<{ name: string; stop: () => Promise<unknown> | unknown }> = [];
  #stopping: Promise<void> | undefined;

  add(name: string, stop: () => Promise<unknown> | unknown): void {
    this.#stops.push({ name, stop });
  }

  /** Fails from the moment that stopping begins, so that no new traffic is sent. */
  readonly readiness: ReadinessCheck = {
    name: 'running',
    check: () => {
      if (this.#stopping) throw new Error('stopping');
    },
  };

  stop(): Promise<void> {
    this.#stopping ??= this.#run();
    return this.#stopping;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (const { name, stop } of this.#stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        failures.push(new Error(`${name} did not stop cleanly`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some parts did not stop cleanly');
  }
}

/**
 * Runs a process from start to exit: SIGTERM, SIGINT or the death of the parent that forked it stop it once,
 * within `graceMs`; a failed start is logged and exits with 1.
 */
export async function runProcess(
  log: Logger,
  start: () => Promise<Running>,
  options: { graceMs?: number } = {},
): Promise<void> {
  let running: Running | undefined;
  let stopping = false;
  const stop = async (reason: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error('did not stop in time');
      process.exit(1);
    }, options.graceMs ?? 10_000).unref();
    try {
      await running?.stop();
      log.info('stopped');
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, 'did not stop cleanly');
      process.exit(1);
    }
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('disconnect', () => void stop('parent process is gone'));
  try {
    running = await start();
    process.send?.({ type: 'ready' });
  } catch (error) {
    log.fatal({ err: error }, 'did not start');
    process.exit(1);
  }
}
