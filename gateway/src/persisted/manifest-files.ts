import { watchFile } from '@nova/runtime';
import { joinOperations, type Manifest, parseManifest } from './manifest.ts';

export type ManifestEvents = {
  /** What all files have together. */
  loaded(manifest: Manifest): void;
  /** A file cannot be used; what was loaded from it last stays. */
  rejected(error: unknown): void;
};

export type ManifestFiles = { current(): Manifest; stop(): void };

/**
 * Keeps the manifests of some files as one, reading each again when it changes: one file for each version of a client that
 * is still in use. Rejects when one cannot be read at first.
 */
export async function openManifestFiles(options: {
  files: readonly string[];
  pollMs: number;
  events: ManifestEvents;
}): Promise<ManifestFiles> {
  const { pollMs, events } = options;
  const parts = new Map<string, Manifest>();
  let manifest: Manifest = new Map();
  const watched: Array<{ stop(): void }> = [];
  const stop = () => {
    for (const file of watched) file.stop();
  };
  const onText = (file: string, text: string) => {
    parts.set(file, parseManifest(text));
    manifest = joinOperations([...parts.values()].flatMap((part) => [...part.values()]));
    if (parts.size === options.files.length) events.loaded(manifest);
  };
  for (const file of options.files) {
    try {
      watched.push(await watchFile({ file, pollMs, onText: (text) => onText(file, text), onError: events.rejected }));
    } catch (cause) {
      stop();
      throw new Error(`No manifest could be read from ${file}. Is PERSISTED_MANIFEST_FILES right?`, { cause });
    }
  }
  return { current: () => manifest, stop };
}
