export { type CompositionResult, composeSupergraph, type SubgraphSource } from './compose.ts';
