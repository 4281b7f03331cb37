import type { Accounts } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { LiveStreamCommands } from './assets/live-stream-commands.ts';
import type { UploadCommands } from './assets/upload-commands.ts';
import type { Tables } from './db/tables.ts';
import type { ShownLinks } from './playback/shown-links.ts';

/** What the doors of media are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly uploads: UploadCommands;
  /** Undefined where no media server is known. */
  readonly liveStreams: LiveStreamCommands | undefined;
  /** Where live streams are sent to. */
  readonly ingestUrl: string;
  readonly links: ShownLinks;
  readonly accounts: Accounts;
};
