import { AppError } from '@nova/errors';

export type AssetKind = 'IMAGE' | 'VIDEO' | 'LIVE_STREAM';
/** Uploads: WAITING, PROCESSING, then READY or FAILED. Live streams: WAITING, LIVE, ENDED. */
export type AssetState = 'WAITING' | 'PROCESSING' | 'READY' | 'FAILED' | 'LIVE' | 'ENDED';
/** Why an upload became nothing. */
export type Failure =
  | 'SIZE_MISMATCH'
  | 'TYPE_MISMATCH'
  | 'UNREADABLE'
  | 'TOO_MANY_PIXELS'
  | 'TOO_LONG'
  | 'VIDEO_UNSUPPORTED'
  | 'PROCESSING_FAILED';

export type Asset = {
  readonly id: string;
  readonly ownerId: string;
  readonly kind: AssetKind;
  readonly state: AssetState;
  /** Null for a live stream, like `bytes`. */
  readonly contentType: string | null;
  readonly bytes: number | null;
  /** In pixels, as it is shown; null until it is known. */
  readonly width: number | null;
  readonly height: number | null;
  readonly durationMs: number | null;
  readonly failure: Failure | null;
  readonly createdAt: Date;
  /** Null for a live stream. */
  readonly uploadExpiresAt: Date | null;
  readonly isAdmitted: boolean;
  readonly isDeleted: boolean;
};

/** Of what is shown, in pixels. */
export type Measures = { readonly width: number; readonly height: number; readonly durationMs: number | null };

export type UploadKind = Exclude<AssetKind, 'LIVE_STREAM'>;

/** What somebody says they are going to upload. */
export type Announcement = { readonly kind: UploadKind; readonly contentType: string; readonly bytes: number };

export type UploadLimits = {
  readonly maxBytes: Readonly<Record<UploadKind, number>>;
  readonly takesVideos: boolean;
};

/** Formats whose decoders are part of what Nova is delivered with; no vector formats, which are programs. */
const contentTypes: Readonly<Record<UploadKind, readonly string[]>> = {
  IMAGE: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
  VIDEO: ['video/mp4', 'video/quicktime', 'video/webm', 'video/matroska'],
};

/** Throws BAD_USER_INPUT for what is not taken: its kind, type or size. */
export function requireAcceptable({ kind, contentType, bytes }: Announcement, limits: UploadLimits): void {
  if (kind === 'VIDEO' && !limits.takesVideos) throw refused('kind', 'Videos are not taken here.');
  if (!contentTypes[kind].includes(contentType)) {
    throw refused('contentType', `The type is one of ${contentTypes[kind].join(', ')}.`, {
      allowed: contentTypes[kind],
    });
  }
  const limit = limits.maxBytes[kind];
  if (bytes < 1 || bytes > limit)
    throw refused('bytes', `The file may have 1 to ${limit} bytes, not ${bytes}.`, { limit });
}

function refused(field: string, message: string, details: Record<string, number | readonly string[]> = {}): AppError {
  return new AppError('BAD_USER_INPUT', message, { details: { field, ...details } });
}

/** Whether anybody may see it; before that, and when it failed, its owner alone does. */
export function isVisibleTo({ ownerId, state, isAdmitted }: Asset, viewerId: string | undefined): boolean {
  return isAdmitted && (ownerId === viewerId || state === 'READY' || state === 'LIVE' || state === 'ENDED');
}

/** Who acts: a user with the permissions that the gateway vouches for. */
export type Actor = { readonly userId: string; readonly permissions: readonly string[] };

/** Media goes with what is posted, so who moderates posts moderates it. */
function isModerator(actor: Actor): boolean {
  return actor.permissions.includes('delete:post');
}

/** Throws FORBIDDEN unless the actor owns the asset or moderates posts, NOT_FOUND when the actor may not know of it. */
export function requireDeletion(asset: Asset, actor: Actor): void {
  if (asset.ownerId === actor.userId || isModerator(actor)) return;
  if (!isVisibleTo(asset, actor.userId)) throw assetNotFound(asset.id);
  throw new AppError('FORBIDDEN', 'Only its owner or a moderator may delete it.');
}

export function assetNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The media asset does not exist.', { details: { id } });
}
