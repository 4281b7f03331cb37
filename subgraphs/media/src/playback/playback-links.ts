import { hlsKey } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { UrlSigner } from '../storage/url-signer.ts';
import { validityFor } from '../storage/validity.ts';

export type Link = { readonly url: string; readonly expiresAt: Date };

/** Links to playlists, in which the links to what they list are signed, too. */
export type PlaybackLinks = {
  /** To the master playlist of a video. */
  ofVideo(assetId: string): Link;
  /** To the playlist of a stream that is on air, at the media server; null where that has none for viewers. */
  ofLiveStream(assetId: string): Link | null;
  /** A playlist as a viewer gets it: whatever it lists is good until `expiresAt`. Undefined without it. */
  playlist(assetId: string, file: string, expiresAt: Date): Promise<string | undefined>;
};

export const playbackPath = '/playback/';

const maxPlaylistBytes = 1024 * 1024;

export function createPlaybackLinks(options: {
  store: ObjectStore;
  signer: UrlSigner;
  publicUrl: () => string;
  livePlaybackUrl: string | undefined;
  seconds: number;
}): PlaybackLinks {
  const { store, signer, publicUrl, livePlaybackUrl, seconds } = options;
  const query = (path: string, expiresAt: Date) => signer.sign({ method: 'GET', path, expiresAt });
  return {
    ofVideo(assetId) {
      const { expiresAt } = validityFor(seconds);
      const path = `${playbackPath}${assetId}/master.m3u8`;
      return { url: `${publicUrl()}${path}?${query(path, expiresAt)}`, expiresAt };
    },
    ofLiveStream(assetId) {
      if (livePlaybackUrl === undefined) return null;
      const { expiresAt } = validityFor(seconds);
      const url = new URL(`${livePlaybackUrl.replace(/\/$/, '')}/${assetId}/index.m3u8`);
      url.search = query(url.pathname, expiresAt);
      return { url: url.href, expiresAt };
    },
    async playlist(assetId, file, expiresAt) {
      const text = await store.readText(hlsKey(assetId, file), maxPlaylistBytes);
      if (text === undefined) return undefined;
      const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
      const signedAt = new Date();
      const lines = text.split('\n').map((line) => {
        if (line === '' || line.startsWith('#')) return line;
        if (!line.endsWith('.m3u8')) return store.signDownload(hlsKey(assetId, folder + line), { signedAt, expiresAt });
        // Relative to this playlist, so that it also works behind a CDN.
        return `${line}?${query(`${playbackPath}${assetId}/${folder}${line}`, expiresAt)}`;
      });
      return (await Promise.all(lines)).join('\n');
    },
  };
}
