import { defaultBasePort, domainPorts, subgraphNames, subgraphSdl } from '@nova/schema';
import { type CompositionResult, composeSupergraph } from './compose.ts';

/** Composes what `schema/subgraphs/` holds, with the URLs of an instance on the default ports. */
export function composeFromFiles(): CompositionResult {
  return composeSupergraph(
    subgraphNames().map((name) => ({
      name,
      url: `http://127.0.0.1:${domainPorts(name, defaultBasePort).graphql}/graphql`,
      sdl: subgraphSdl(name),
    })),
  );
}
