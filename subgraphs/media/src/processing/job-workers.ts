import { correlationIdFrom, type Running, traceparentFrom } from '@nova/runtime';
import type { UploadCommands } from '../assets/upload-commands.ts';
import { type JobWorkerOptions, startJobWorker } from '../jobs/job-worker.ts';
import { createJobHandlers, type JobHandlerDeps } from './job-handlers.ts';

/** Time that one try of a job may take; a video has its own limits and is given two renditions’ time and some more. */
const quickJobMs = 5 * 60_000;

/** Two workers: a video that takes long keeps no picture waiting. */
export function startJobWorkers({
  deleteAbandoned,
  ...deps
}: JobHandlerDeps &
  Pick<JobWorkerOptions, 'db' | 'leaseSeconds' | 'observer'> & {
    readonly deleteAbandoned: UploadCommands['deleteAbandoned'];
  }): Running {
  const { make, remove } = createJobHandlers(deps);
  const { db, leaseSeconds, observer } = deps;
  const shared = { db, leaseSeconds, observer };
  const workers = [
    startJobWorker({
      ...shared,
      handlers: { IMAGE: make, REMOVAL: remove },
      timeoutMs: quickJobMs,
      // Nobody asks for it, so it begins a correlation of its own.
      onIdle: () =>
        deleteAbandoned({ correlationId: correlationIdFrom(undefined), traceparent: traceparentFrom(undefined) }),
    }),
    startJobWorker({
      ...shared,
      handlers: { VIDEO: make },
      timeoutMs: 2 * deps.options.video.timeoutMs + quickJobMs,
    }),
  ];
  return {
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
