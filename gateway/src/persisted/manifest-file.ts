import { watchFile } from '@nova/runtime';
import { type Manifest, parseManifest } from './manifest.ts';

export type ManifestEvents = {
  loaded(manifest: Manifest): void;
  /** The file cannot be used; the manifest loaded last stays. */
  rejected(error: unknown): void;
};

export type ManifestFile = { current(): Manifest; stop(): void };

/** Keeps the manifest of a file, reading it again when it changes. Rejects when it cannot be read at first. */
export async function openManifestFile(options: {
  file: string;
  pollMs: number;
  events: ManifestEvents;
}): Promise<ManifestFile> {
  let manifest: Manifest = new Map();
  const watched = await watchFile({
    file: options.file,
    pollMs: options.pollMs,
    onText(text) {
      manifest = parseManifest(text);
      options.events.loaded(manifest);
    },
    onError: options.events.rejected,
  }).catch((error: unknown) => {
    throw new Error(`No manifest could be read from ${options.file}. Is PERSISTED_MANIFEST_FILE right?`, {
      cause: error,
    });
  });
  return { current: () => manifest, stop: () => watched.stop() };
}
