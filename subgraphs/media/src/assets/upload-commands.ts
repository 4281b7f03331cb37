import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { CallOrigin } from '@nova/rpc';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { enqueueJob } from '../jobs/job-commands.ts';
import { originalKey } from '../storage/object-keys.ts';
import type { ObjectStore, SignedRequest } from '../storage/object-store.ts';
import {
  type Actor,
  type Announcement,
  type Asset,
  assetNotFound,
  requireAcceptable,
  requireDeletion,
  type UploadLimits,
} from './asset.ts';
import {
  admitAsset,
  findAssetEver,
  findAssets,
  insertUpload,
  lockAbandoned,
  lockAsset,
  markState,
} from './asset-repository.ts';
import { deleteAssets } from './deletion.ts';

/** The request a command is run for. */
type Origin = CallOrigin & EventOrigin & Idempotent;

export type UploadCommands = {
  /**
   * Makes room for what is going to be uploaded. `upload` is how to; null when a repeat of the request finds that its time is over or
   * that it was done. Throws BAD_USER_INPUT, and RESOURCE_EXHAUSTED without enough room in the quota.
   */
  create(
    input: Announcement & { ownerId: string },
    origin: Origin,
  ): Promise<{ asset: Asset; upload: SignedRequest | null }>;
  /** Lets what was uploaded be processed, once. Throws NOT_FOUND, and CONFLICT as long as nothing was uploaded. */
  complete(input: { id: string; ownerId: string }, origin: Origin): Promise<Asset>;
  /** Throws NOT_FOUND, or FORBIDDEN for another's asset without the permission. */
  delete(input: { id: string; actor: Actor }, origin: Origin): Promise<void>;
  /** Deletes uploads that nobody completed; a bounded number at a time. */
  deleteAbandoned(origin: EventOrigin): Promise<void>;
};

export type UploadDeps = {
  readonly db: Kysely<Tables>;
  readonly store: ObjectStore;
  /** Throws RESOURCE_EXHAUSTED. */
  readonly reserveQuota: (
    room: { userId: string; assetId: string; bytes: number },
    origin: CallOrigin,
  ) => Promise<void>;
  readonly limits: UploadLimits;
  /** How long an upload link is good for. */
  readonly uploadSeconds: number;
  /** How long after that an upload that was not completed is kept. */
  readonly abandonedSeconds: number;
};

const abandonedAtOnce = 100;

export function createUploadCommands(deps: UploadDeps): UploadCommands {
  const { db, store } = deps;
  return {
    create: (input, origin) => createUpload(deps, input, origin),
    async complete({ id, ownerId }, origin) {
      const [asset] = await findAssets(db, [id]);
      if (!asset || asset.ownerId !== ownerId) throw assetNotFound(id);
      if (asset.kind === 'LIVE_STREAM') throw new AppError('BAD_USER_INPUT', 'A live stream is not uploaded.');
      if (asset.state !== 'WAITING') return asset;
      if ((await store.sizeOf(originalKey(id))) === undefined)
        throw new AppError('CONFLICT', 'Nothing was uploaded yet.', { details: { id } });
      return startProcessing(deps, { id, kind: asset.kind }, origin);
    },
    delete({ id, actor }, origin) {
      return db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const asset = await lockAsset(tx, id);
            if (!asset?.isAdmitted) throw assetNotFound(id);
            requireDeletion(asset, actor);
            await deleteAssets(tx, [asset], { deletedBy: actor.userId, origin });
          },
          idOf: () => id,
          // Deleted it stays.
          earlier: async () => undefined,
        }),
      );
    },
    deleteAbandoned(origin) {
      return db.transaction().execute(async (tx) => {
        const limits = { afterSeconds: deps.abandonedSeconds, limit: abandonedAtOnce };
        for (const asset of await lockAbandoned(tx, limits))
          await deleteAssets(tx, [asset], { deletedBy: asset.ownerId, origin });
      });
    },
  };
}

/** The row comes first, so that room that is reserved for it is given back whatever happens afterwards. */
async function createUpload(
  { db, store, reserveQuota, limits, uploadSeconds }: UploadDeps,
  input: Announcement & { ownerId: string },
  origin: Origin,
): Promise<{ asset: Asset; upload: SignedRequest | null }> {
  requireAcceptable(input, limits);
  const { ownerId: userId, bytes, contentType } = input;
  const made = await db.transaction().execute((tx) =>
    once(tx, origin.idempotency, {
      effect: () => insertUpload(tx, { ...input, uploadSeconds }),
      idOf: ({ id }) => id,
      async earlier(id) {
        const asset = await findAssetEver(tx, id);
        if (!asset || asset.isDeleted) throw assetNotFound(id);
        return asset;
      },
    }),
  );
  if (!made.isAdmitted) await reserveQuota({ userId, assetId: made.id, bytes }, origin);
  const asset = made.isAdmitted ? made : await admitAsset(db, made.id);
  if (!asset) throw assetNotFound(made.id);
  const { id, state, uploadExpiresAt: expiresAt } = asset;
  if (state !== 'WAITING' || !expiresAt || expiresAt.getTime() <= Date.now()) return { asset, upload: null };
  const upload = await store.signUpload({ key: originalKey(id), bytes, contentType, expiresAt });
  return { asset, upload };
}

function startProcessing(
  { db }: UploadDeps,
  { id, kind }: { id: string; kind: 'IMAGE' | 'VIDEO' },
  origin: Origin,
): Promise<Asset> {
  return db.transaction().execute(async (tx) => {
    const asset = await lockAsset(tx, id);
    if (!asset) throw assetNotFound(id);
    if (asset.state !== 'WAITING') return asset;
    await enqueueJob(tx, { assetId: id, kind, origin });
    return markState(tx, id, 'PROCESSING');
  });
}
