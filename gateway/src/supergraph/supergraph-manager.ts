import type { SupergraphManager } from '@apollo/gateway';
import type { LoadedSupergraph } from '@nova/federation';
import { watchFile } from '@nova/runtime';

export type SupergraphEvents = {
  loaded(supergraph: LoadedSupergraph): void;
  /** The file cannot be served; the supergraph loaded last stays. */
  rejected(error: unknown): void;
};

/** Feeds @apollo/gateway from a file: now, and again whenever the file holds another supergraph that can be served. */
export function createSupergraphManager(options: {
  file: string;
  pollMs: number;
  /** Rejects when the text cannot be served. */
  open(text: string): Promise<LoadedSupergraph>;
  events: SupergraphEvents;
}): SupergraphManager {
  const { file, pollMs, open, events } = options;
  return {
    async initialize({ update }) {
      let serving: LoadedSupergraph | undefined;
      const watched = await watchFile({
        file,
        pollMs,
        async onText(text) {
          const supergraph = await open(text);
          if (serving) update(supergraph.sdl);
          serving = supergraph;
          events.loaded(supergraph);
        },
        onError: events.rejected,
      }).catch((error: unknown) => {
        throw new Error(`No supergraph could be read from ${file}. Is SUPERGRAPH_FILE right?`, { cause: error });
      });
      if (!serving) throw new Error(`No supergraph was read from ${file}.`);
      return { supergraphSdl: serving.sdl, cleanup: async () => watched.stop() };
    },
  };
}
