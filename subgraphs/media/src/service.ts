import type { Running } from '@nova/runtime';
import {
  createAccounts,
  type HttpApp,
  type RunningService,
  type ServiceOverrides,
  type ServiceParts,
  startService,
} from '@nova/subgraph';
import { createLiveStreamCommands } from './assets/live-stream-commands.ts';
import { createProcessingCommands } from './assets/processing-commands.ts';
import { createUploadCommands, type UploadCommands } from './assets/upload-commands.ts';
import type { Config } from './config.ts';
import { consumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createQuota, type Quota } from './grpc/clients.ts';
import { mediaService } from './grpc/media-service.ts';
import { serveObjects } from './http/object-routes.ts';
import { openToWebPages } from './http/open-to-web-pages.ts';
import { servePlaylists } from './http/playback-routes.ts';
import { createPublicUrl } from './http/public-url.ts';
import { serveStreamCallbacks } from './http/stream-callbacks.ts';
import { observeJobQueue } from './jobs/job-metrics.ts';
import { createPlaybackLinks } from './playback/playback-links.ts';
import { createShownLinks } from './playback/shown-links.ts';
import { startJobWorkers } from './processing/job-workers.ts';
import { openLocalStore } from './storage/local-store.ts';
import type { ObjectStore } from './storage/object-store.ts';
import { openS3Store } from './storage/s3-store.ts';
import { createUrlSigner, type UrlSigner } from './storage/url-signer.ts';
import { observeJobs } from './telemetry.ts';

/** Starts media: images, videos and live streams. */
export function createMediaService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'media',
    permissions: ['write:quotas'],
    config,
    overrides,
    async build(parts) {
      const { db, metrics, ownCalls, stack } = parts;
      observeJobQueue(metrics, db);
      const publicUrl = createPublicUrl(config.publicUrl);
      const signer = createUrlSigner(config.signingKey);
      const { store, serve } = await openStore(config, { signer, publicUrl: publicUrl.get });
      stack.add('object store', store.stop);
      const accounts = createAccounts(config.peers.identity);
      stack.add('identity client', accounts.stop);
      const quota = createQuota(config.peers.user);
      stack.add('user client', quota.stop);
      const { seconds, live, limits } = config;
      const playback = createPlaybackLinks({
        store,
        signer,
        publicUrl: publicUrl.get,
        livePlaybackUrl: live.playbackUrl,
        seconds: seconds.playback,
      });
      const uploads = createUploadCommands({
        db,
        store,
        limits,
        reserveQuota: async (room, origin) => quota.reserve(room, await ownCalls.onBehalfOf(origin)),
        uploadSeconds: seconds.upload,
        abandonedSeconds: seconds.abandoned,
      });
      const deps: Deps = {
        db,
        uploads,
        accounts,
        liveStreams:
          live.callbackKey === undefined ? undefined : createLiveStreamCommands({ db, perOwner: live.perOwner }),
        ingestUrl: live.ingestUrl,
        links: createShownLinks({ store, playback, seconds: seconds.download }),
      };
      return {
        graphql: {
          resolvers,
          createContext: (request) => createContext(request, deps),
          routes(app) {
            publicUrl.listenTo(app);
            openToWebPages(app, (scope) => {
              serve(scope);
              servePlaylists(scope, { links: playback, signer });
            });
            if (deps.liveStreams && live.callbackKey !== undefined)
              serveStreamCallbacks(app, { streams: deps.liveStreams, callbackKey: live.callbackKey });
          },
        },
        grpc: [mediaService(deps)],
        consumers,
        background: () => startWork(config, parts, { store, quota, uploads }),
      };
    },
  });
}

/** Where the settings say; local objects are served by this process. */
async function openStore(
  { storage }: Config,
  { signer, publicUrl }: { signer: UrlSigner; publicUrl: () => string },
): Promise<{ store: ObjectStore; serve: (app: HttpApp) => void }> {
  if (storage.s3) return { store: openS3Store(storage.s3), serve: () => undefined };
  const store = await openLocalStore({ directory: storage.directory, publicUrl, signer });
  return { store, serve: (app) => serveObjects(app, { store, signer }) };
}

function startWork(
  { processing, seconds }: Config,
  { db, log, metrics, ownCalls }: ServiceParts<Tables>,
  { store, quota, uploads }: { store: ObjectStore; quota: Quota; uploads: UploadCommands },
): Running {
  return startJobWorkers({
    db,
    store,
    options: processing,
    leaseSeconds: seconds.lease,
    assets: createProcessingCommands({ db }),
    deleteAbandoned: uploads.deleteAbandoned,
    releaseQuota: (room, { signal, ...cause }) =>
      ownCalls.run({ cause, timeoutMs: quotaMs, signal }, (origin) => quota.release(room, origin)),
    observer: observeJobs(log, metrics),
  });
}

const quotaMs = 10_000;
