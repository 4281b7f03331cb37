import { AppError } from '@nova/errors';
import type { HttpApp } from '@nova/subgraph';
import { type PlaybackLinks, playbackPath } from '../playback/playback-links.ts';
import { contentTypeOf } from '../storage/object-store.ts';
import type { UrlSigner } from '../storage/url-signer.ts';
import { requireTerms } from './object-routes.ts';

const playlistForm = /^(?<assetId>[0-9a-f-]{36})\/(?<file>(\d+\/)?[a-z]+\.m3u8)$/;

/** Gives the playlists of videos to holders of signed links. */
export function servePlaylists(app: HttpApp, { links, signer }: { links: PlaybackLinks; signer: UrlSigner }): void {
  app.get<{ Params: { '*': string } }>(`${playbackPath}*`, async ({ params, raw }, reply) => {
    const { expiresAt } = requireTerms(signer, 'GET', raw.url);
    const { assetId = '', file = '' } = playlistForm.exec(params['*'])?.groups ?? {};
    const playlist = assetId === '' ? undefined : await links.playlist(assetId, file, expiresAt);
    if (playlist === undefined) throw new AppError('NOT_FOUND', 'There is no such playlist.');
    const maxAge = Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1_000));
    reply.header('cache-control', `private, max-age=${maxAge}`);
    return reply.type(contentTypeOf(file)).send(playlist);
  });
}
