import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LogChoice } from './engines.ts';
import type { RelayReport } from './relay-process.ts';
import type { Writer } from './write-events.ts';

export type Figures = {
  readonly log: LogChoice['kind'];
  /** Events a second while a backlog is published, nothing else being written. */
  readonly drainPerSecond: number;
  /** Events a second that were written and published side by side, and the most that waited meanwhile. */
  readonly sustainedPerSecond: number;
  readonly mostWaiting: number;
  /** From the insert to the log's acknowledgement at a steady rate. */
  readonly latency: {
    readonly perSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly events: number;
  };
};

export type Plan = {
  readonly backlog: number;
  readonly sustained: { readonly perSecond: number; readonly seconds: number };
  readonly latency: { readonly perSecond: number; readonly seconds: number };
};

type Context = { readonly directUrl: string; readonly choice: LogChoice; readonly writer: Writer; readonly plan: Plan };

export async function measure(context: Context): Promise<Figures> {
  // A first pass that is not counted: compiled code, warm caches, leaders elected.
  await drain({ ...context, plan: { ...context.plan, backlog: Math.min(20_000, context.plan.backlog) } });
  const drainPerSecond = await drain(context);
  const sustained = await sustain(context);
  const latency = await steadyLatency(context);
  return { log: context.choice.kind, drainPerSecond, ...sustained, latency };
}

async function drain({ writer, plan, ...relay }: Context): Promise<number> {
  for (let left = plan.backlog; left > 0; left -= 5_000) await writer.write(Math.min(5_000, left));
  return withRelay(relay, async (reports) => {
    const startedAt = Date.now();
    await published(reports, plan.backlog);
    const last = reports.at(-1)?.atMs ?? startedAt;
    return (plan.backlog * 1_000) / (last - startedAt);
  });
}

async function sustain({
  writer,
  plan,
  ...relay
}: Context): Promise<{ sustainedPerSecond: number; mostWaiting: number }> {
  const { perSecond, seconds } = plan.sustained;
  return withRelay(relay, async (reports) => {
    const startedAt = Date.now();
    let mostWaiting = 0;
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        mostWaiting = Math.max(mostWaiting, await writer.waiting());
        await delay(500);
      }
    })();
    await writer.writeSteadily({ perSecond, seconds, rowsEach: 50 });
    await published(reports, perSecond * seconds);
    watching.abort();
    await watch;
    const last = reports.at(-1)?.atMs ?? startedAt;
    return { sustainedPerSecond: (perSecond * seconds * 1_000) / (last - startedAt), mostWaiting };
  });
}

async function steadyLatency({ writer, plan, ...relay }: Context): Promise<Figures['latency']> {
  const { perSecond, seconds } = plan.latency;
  return withRelay(relay, async (reports) => {
    await writer.writeSteadily({ perSecond, seconds, rowsEach: 1 });
    await published(reports, perSecond * seconds);
    return { perSecond, ...summary(reports) };
  });
}

function summary(reports: readonly RelayReport[]): Omit<Figures['latency'], 'perSecond'> {
  const all = reports.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  const at = (share: number) => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), events: all.length };
}

export type SoakFigures = Figures['latency'] & {
  readonly minutes: number;
  /** The relay's process, by the median of the first and the last tenth of the time that counts. */
  readonly firstMb: number;
  readonly lastMb: number;
  /** Of a straight line through all samples, in per cent of `firstMb`. */
  readonly growthPercentIn10Minutes: number;
};

/** The steady rate for long; memory counts after the first sixth of the time, when code is compiled and pools are filled. */
export async function soak(
  { writer, plan, ...relay }: Context,
  { minutes }: { minutes: number },
): Promise<SoakFigures> {
  const { perSecond } = plan.latency;
  const seconds = minutes * 60;
  return withRelay(relay, async (reports) => {
    await writer.writeSteadily({ perSecond, seconds, rowsEach: 1 });
    await published(reports, perSecond * seconds);
    const from = (reports[0]?.atMs ?? 0) + (minutes * 60_000) / 6;
    const samples = reports.filter(({ atMs }) => atMs > from);
    const tenth = Math.ceil(samples.length / 10);
    const firstMb = median(samples.slice(0, tenth));
    const growth = (slopeMbPerMs(samples) * 600_000 * 100) / firstMb;
    const lastMb = median(samples.slice(-tenth));
    return { minutes, perSecond, ...summary(reports), firstMb, lastMb, growthPercentIn10Minutes: growth };
  });
}

function median(samples: readonly RelayReport[]): number {
  return samples.map(({ residentMb }) => residentMb).sort((a, b) => a - b)[samples.length >> 1] ?? Number.NaN;
}

/** Least squares. */
function slopeMbPerMs(samples: readonly RelayReport[]): number {
  const mean = (of: (report: RelayReport) => number) => samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const [atMs, mb] = [mean((one) => one.atMs), mean((one) => one.residentMb)];
  const covariance = mean((one) => (one.atMs - atMs) * (one.residentMb - mb));
  return covariance / mean((one) => (one.atMs - atMs) ** 2);
}

const limitMs = 300_000;

async function published(reports: readonly RelayReport[], rows: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (reports.reduce((sum, report) => sum + report.rows, 0) < rows) {
    if (Date.now() > deadline) throw new Error(`The relay did not publish ${rows} events within ${limitMs / 1000} s.`);
    await delay(20);
  }
}

async function withRelay<T>(
  relay: { directUrl: string; choice: LogChoice },
  work: (reports: RelayReport[]) => Promise<T>,
): Promise<T> {
  const script = fileURLToPath(new URL('relay-process.ts', import.meta.url));
  const child: ChildProcess = fork(script, [JSON.stringify(relay)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const reports: RelayReport[] = [];
  const ready = Promise.withResolvers<void>();
  child.on('message', (message: RelayReport | { type: 'ready' }) => {
    if ('type' in message) ready.resolve();
    else reports.push(message);
  });
  child.once('exit', () => ready.reject(new Error('The relay ended before it was ready.')));
  try {
    await ready.promise;
    return await work(reports);
  } finally {
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await exited;
    }
  }
}
