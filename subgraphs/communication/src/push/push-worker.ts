import { startBackgroundLoop } from '@nova/outbox';
import { backoffMs, within } from '@nova/resilience';
import type { Logger, Metrics, Running } from '@nova/runtime';
import type { Kysely } from 'kysely';
import { Counter } from 'prom-client';
import type { Tables } from '../db/tables.ts';
import type { PushAdapter, PushOutcome } from './push-adapter.ts';
import { delayPushJob, deleteGoneDevice, deletePushJob, leasePushJobs, type PushJob } from './push-job-repository.ts';

const idleMs = 1_000;
const batch = 50;
const concurrency = 10;
const sendMs = 5_000;
/** Longer than a whole batch takes when every answer is late: who holds a job this long has died. */
const leaseMs = 60_000;
const maxAttempts = 10;
const backoff = { firstMs: 1_000, maxMs: 10 * 60_000 };
const maxDelayMs = 60 * 60_000;

type Worker = {
  readonly db: Kysely<Tables>;
  readonly adapters: readonly PushAdapter[];
  readonly log: Logger;
  readonly metrics: Metrics;
};

/**
 * Sends what waits in push_jobs. A process that dies loses nothing: its jobs are due again when their lease is over, and a device may
 * then get one twice, which collapses there by the notification's id.
 */
export function startPushWorker(worker: Worker): Running {
  const { db, adapters, log, metrics } = worker;
  const sends = new Counter({
    name: 'push_sends_total',
    help: 'Tries to send a push, by platform and outcome (sent, gone, rejected, later, abandoned).',
    labelNames: ['platform', 'outcome'],
    registers: [metrics],
  });
  const platforms = adapters.map(({ platform }) => platform);
  const run = async (job: PushJob) => {
    const outcome = await send(adapters, job);
    const label = await settle(db, job, outcome);
    sends.inc({ platform: job.platform, outcome: label });
    if (label !== 'sent' && label !== 'gone')
      log.warn({ jobId: job.id, outcome, attempts: job.attempts }, 'a push was not sent');
  };
  return startBackgroundLoop({
    async work(signal) {
      const jobs = await leasePushJobs(db, { limit: batch, leaseMs, platforms });
      const waiting = [...jobs];
      const lane = async () => {
        for (let job = waiting.shift(); job && !signal.aborted; job = waiting.shift()) await run(job);
      };
      await Promise.all(Array.from({ length: concurrency }, lane));
      return { more: jobs.length === batch };
    },
    idleMs,
    onFailure: (error) => log.error({ err: error }, 'pushes wait'),
  });
}

async function send(adapters: readonly PushAdapter[], job: PushJob): Promise<PushOutcome> {
  const adapter = adapters.find(({ platform }) => platform === job.platform);
  if (!adapter) return { kind: 'later', reason: 'the platform is off' };
  return within(sendMs, (signal) => adapter.send(job, signal)).catch((error: unknown) => ({
    kind: 'later',
    reason: error instanceof Error ? error.message : String(error),
  }));
}

async function settle(db: Kysely<Tables>, job: PushJob, outcome: PushOutcome): Promise<string> {
  if (outcome.kind === 'gone') {
    await deleteGoneDevice(db, job);
    return 'gone';
  }
  if (outcome.kind === 'later' && job.attempts < maxAttempts) {
    const delayMs = Math.max(backoffMs(backoff, job.attempts - 1), outcome.retryAfterMs ?? 0);
    await delayPushJob(db, job, Math.min(delayMs, maxDelayMs));
    return 'later';
  }
  await deletePushJob(db, job);
  return outcome.kind === 'later' ? 'abandoned' : outcome.kind;
}
