import type { Indexing } from './documents/document-commands.ts';
import type { Reindexes } from './reindexes/reindex-commands.ts';
import type { Searches } from './searches/search-commands.ts';
import type { Telemetry } from './telemetry.ts';

/** What the doors of search are given by its composition root. */
export type Deps = {
  readonly searches: Searches;
  readonly indexing: Indexing;
  readonly reindexes: Reindexes;
  readonly telemetry: Telemetry;
};
