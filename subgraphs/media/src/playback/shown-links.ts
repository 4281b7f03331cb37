import type { Asset } from '../assets/asset.ts';
import { type Variant, variantKey } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { validityFor } from '../storage/validity.ts';
import type { Link, PlaybackLinks } from './playback-links.ts';

/** Links to what is shown of an asset; null as long as there is nothing. */
export type ShownLinks = {
  /** Of a picture, or of an early moment of a video. */
  picture(asset: Asset, variant: Variant): Promise<Link | null>;
  /** Of a video, or of a stream that is on air. */
  playback(asset: Asset): Link | null;
};

export function createShownLinks({
  store,
  playback,
  seconds,
}: {
  store: ObjectStore;
  playback: PlaybackLinks;
  seconds: number;
}): ShownLinks {
  return {
    async picture({ id, state }, variant) {
      if (state !== 'READY') return null;
      const validity = validityFor(seconds);
      return { url: await store.signDownload(variantKey(id, variant), validity), expiresAt: validity.expiresAt };
    },
    playback({ id, kind, state }) {
      if (kind === 'VIDEO' && state === 'READY') return playback.ofVideo(id);
      return kind === 'LIVE_STREAM' && state === 'LIVE' ? playback.ofLiveStream(id) : null;
    },
  };
}
