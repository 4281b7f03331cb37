import { composeServices } from '@apollo/composition';
import { parse, printSchema } from 'graphql';
import { withoutCacheHints } from './cache-hints.ts';

export type SubgraphSource = {
  readonly name: string;
  /** Where gateways reach the subgraph unless their settings say otherwise. */
  readonly url: string;
  readonly sdl: string;
};

export type CompositionResult =
  | {
      readonly kind: 'composed';
      readonly supergraphSdl: string;
      readonly apiSdl: string;
      readonly hints: readonly string[];
    }
  | { readonly kind: 'failed'; readonly errors: readonly string[] };

/** Composes subgraphs into a supergraph. What schema owners wrote wrong comes back as text, one error an entry. */
export function composeSupergraph(subgraphs: readonly SubgraphSource[]): CompositionResult {
  const parsed = [];
  for (const { name, url, sdl } of subgraphs) {
    try {
      parsed.push({ name, url, typeDefs: withoutCacheHints(parse(sdl)) });
    } catch (error) {
      return { kind: 'failed', errors: [`[${name}] ${error instanceof Error ? error.message : String(error)}`] };
    }
  }
  const result = composeServices(parsed);
  if (result.errors) return { kind: 'failed', errors: result.errors.map(({ message }) => message) };
  return {
    kind: 'composed',
    supergraphSdl: result.supergraphSdl,
    apiSdl: printSchema(result.schema.toAPISchema().toGraphQLJSSchema()),
    hints: result.hints.map((hint) => hint.toString()),
  };
}
