import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import { isUuid } from '@nova/postgres';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type Asset, assetNotFound } from './asset.ts';
import { insertLiveStream, lockAsset, markState } from './asset-repository.ts';
import { countOpenStreams, findStreamByKey, insertCallback, putStreamKey } from './live-stream-repository.ts';

/** A callback of the media server, whose signature was found to be right. */
export type StreamCallback = {
  /** The stream key, or, when a stream ends, the id that it goes under. */
  readonly name: string;
  readonly signature: Uint8Array;
};

export type LiveStreamCommands = {
  /**
   * A stream and the key to send it with, which is not kept: a repeat of the request gets another key in place of the first.
   * Throws RESOURCE_EXHAUSTED for an owner who has as many that did not end, and CONFLICT for a repeat after the stream began.
   */
  create(ownerId: string, origin: Idempotent): Promise<{ asset: Asset; streamKey: string }>;
  /** Somebody begins to send. Returns the asset's id. Throws FORBIDDEN for a key that is unknown or used up, and for a repeated callback. */
  begin(callback: StreamCallback): Promise<string>;
  /** Throws FORBIDDEN for a repeated callback. */
  end(callback: StreamCallback): Promise<void>;
};

/** How far the clock of the media server may be off, both ways, and so how long its callbacks are remembered. */
export const callbackToleranceSeconds = 300;

export function createLiveStreamCommands({
  db,
  perOwner,
}: {
  db: Kysely<Tables>;
  /** How many streams that did not end one owner may have. */
  perOwner: number;
}): LiveStreamCommands {
  return {
    create: (ownerId, origin) =>
      db.transaction().execute(async (tx) => {
        const asset = await once(tx, origin.idempotency, {
          async effect() {
            requireFewer(await countOpenStreams(tx, ownerId), perOwner);
            return insertLiveStream(tx, ownerId);
          },
          idOf: ({ id }) => id,
          async earlier(id) {
            const earlier = await lockAsset(tx, id);
            if (!earlier) throw assetNotFound(id);
            if (earlier.state !== 'WAITING')
              throw new AppError('CONFLICT', 'The stream has begun already.', { details: { id } });
            return earlier;
          },
        });
        const streamKey = randomBytes(24).toString('base64url');
        await putStreamKey(tx, asset.id, hashOf(streamKey));
        return { asset, streamKey };
      }),
    begin: ({ name, signature }) =>
      db.transaction().execute(async (tx) => {
        await requireFirst(tx, signature);
        const id = await findStreamByKey(tx, hashOf(name));
        const asset = id === undefined ? undefined : await lockAsset(tx, id);
        // A sender that was cut off comes back before its end was told.
        if (asset?.state !== 'WAITING' && asset?.state !== 'LIVE')
          throw new AppError('FORBIDDEN', 'The stream key is not good, or not any more.');
        await markState(tx, asset.id, 'LIVE');
        return asset.id;
      }),
    end: ({ name, signature }) =>
      db.transaction().execute(async (tx) => {
        await requireFirst(tx, signature);
        const id = isUuid(name) ? name : await findStreamByKey(tx, hashOf(name));
        const asset = id === undefined ? undefined : await lockAsset(tx, id);
        if (asset?.state === 'LIVE') await markState(tx, asset.id, 'ENDED');
      }),
  };
}

function requireFewer(open: number, limit: number): void {
  if (open < limit) return;
  const message = `You have ${open} live streams that did not end; end or delete one first.`;
  throw new AppError('RESOURCE_EXHAUSTED', message, { details: { limit } });
}

async function requireFirst(tx: Kysely<Tables>, signature: Uint8Array): Promise<void> {
  if (!(await insertCallback(tx, signature, { keptSeconds: 3 * callbackToleranceSeconds })))
    throw new AppError('FORBIDDEN', 'The callback was received before.');
}

function hashOf(streamKey: string): Uint8Array {
  return createHash('sha256').update(streamKey).digest();
}
