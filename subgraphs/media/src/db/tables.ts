import type { Generated } from 'kysely';
import type { AssetKind, AssetState, Failure } from '../assets/asset.ts';
import type { JobKind } from '../jobs/job.ts';

export type AssetsTable = {
  id: Generated<string>;
  owner_id: string;
  kind: AssetKind;
  state: Generated<AssetState>;
  /** As announced; of a live stream there is none, nor a size. */
  content_type: string | null;
  bytes: number | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  failure: Failure | null;
  created_at: Generated<Date>;
  upload_expires_at: Date | null;
  /** Since when there is room for it in its owner's quota; before that nobody is shown it. */
  admitted_at: Date | null;
  /** Soft deletion: both set or both null. */
  deleted_at: Generated<Date | null>;
  deleted_by: Generated<string | null>;
};

/** What is left to do; a row that is leased is being worked on until its lease runs out. */
export type JobsTable = {
  id: Generated<string>;
  asset_id: string;
  kind: JobKind;
  attempts: Generated<number>;
  due_at: Generated<Date>;
  lease: string | null;
  leased_until: Date | null;
  /** Of the request that caused it. */
  correlation_id: string;
  traceparent: string;
};

export type LiveStreamsTable = { asset_id: string; key_hash: Uint8Array };

/** Callbacks of the media server that were accepted, as long as their time would still be. */
export type StreamCallbacksTable = { signature: Uint8Array; seen_at: Generated<Date> };

/** People whose objects are being removed. */
export type ErasuresTable = { user_id: string; requested_at: Generated<Date> };

/** The `active_` view holds what is not deleted. */
export type Tables = {
  assets: AssetsTable;
  active_assets: AssetsTable;
  jobs: JobsTable;
  live_streams: LiveStreamsTable;
  stream_callbacks: StreamCallbacksTable;
  erasures: ErasuresTable;
};
