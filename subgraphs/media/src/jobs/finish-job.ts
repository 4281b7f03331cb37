import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { LeasedJob } from './job.ts';
import { deleteJob } from './job-repository.ts';

/** First thing in the transaction of a job's effect: throws when the lease was lost, so that the effect is undone. */
export async function finishJob(tx: Transaction<Tables>, job: LeasedJob): Promise<void> {
  if (!(await deleteJob(tx, job))) throw new Error(`The lease of job ${job.id} was lost.`);
}
