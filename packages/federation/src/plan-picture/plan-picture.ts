import type { QueryPlan } from '@apollo/query-planner';
import { type FetchCondition, type FetchRequest, type ScheduledFetch, scheduleFetches } from '../fetch-schedule.ts';
import { clientName } from '../planning/planned-aliases.ts';
import { type AskedEntity, askedEntities, askedFields } from './asked.ts';

/** What a query plan does, for people: its requests in waves, and which of them wait for which. */
export type PlanPicture = {
  /** Wave by wave: those of the schedule. */
  readonly requests: readonly PictureRequest[];
  readonly waves: number;
};

/** One request to a subgraph. */
export type PictureRequest = {
  /** From 1, wave by wave. */
  readonly number: number;
  /** From 1. */
  readonly wave: number;
  readonly subgraph: string;
  /** Numbers of the requests whose answers it waits for; not those that these have waited for themselves. */
  readonly after: readonly number[];
  readonly parts: readonly PicturePart[];
};

export type PicturePart = {
  /** Where it adds to the answer, by response names: `posts.nodes.author`, or nothing for the root. */
  readonly path: string;
  /** It is asked for when all of them hold. */
  readonly conditions: readonly FetchCondition[];
  /** What it asks by; nothing for root fields. */
  readonly entities: readonly AskedEntity[];
  /** What it asks for on the first level, by response names. */
  readonly fields: readonly string[];
};

/** Throws for a subscription. */
export function planPicture(plan: QueryPlan): PlanPicture {
  const schedule = scheduleFetches(plan);
  const requests = schedule.map(({ wave, subgraph, fetches }, at) => ({
    number: at + 1,
    wave,
    subgraph,
    after: awaited(schedule, at).map((earlier) => earlier + 1),
    parts: fetches.map(partOf),
  }));
  return { requests, waves: schedule.at(-1)?.wave ?? 0 };
}

function partOf({ fetch, path, conditions }: ScheduledFetch): PicturePart {
  return {
    path: path
      .filter((step) => step !== '@')
      .map(clientName)
      .join('.'),
    conditions,
    entities: askedEntities(fetch.requires ?? []),
    fields: askedFields(fetch),
  };
}

function awaited(schedule: readonly FetchRequest[], at: number): readonly number[] {
  const after = schedule[at]?.after ?? [];
  const implied = new Set<number>();
  const visit = (earlier: number) => {
    for (const place of schedule[earlier]?.after ?? []) {
      if (implied.has(place)) continue;
      implied.add(place);
      visit(place);
    }
  };
  for (const earlier of after) visit(earlier);
  return after.filter((earlier) => !implied.has(earlier));
}
