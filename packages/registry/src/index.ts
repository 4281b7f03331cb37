export { type CompositionResult, composeSupergraph, type SubgraphSource } from './compose.ts';
export { composeFromFiles } from './compose-files.ts';
