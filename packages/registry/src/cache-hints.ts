import { type DocumentNode, Kind, visit } from 'graphql';

/**
 * Takes `@cacheControl` and its enum out of a subgraph's SDL. Only the subgraph reads hints: composition would drop the
 * directive and show every client the enum.
 */
export function withoutCacheHints(subgraph: DocumentNode): DocumentNode {
  return visit(subgraph, {
    [Kind.DIRECTIVE]: ({ name }) => (name.value === 'cacheControl' ? null : undefined),
    [Kind.DIRECTIVE_DEFINITION]: ({ name }) => (name.value === 'cacheControl' ? null : undefined),
    [Kind.ENUM_TYPE_DEFINITION]: ({ name }) => (name.value === 'CacheControlScope' ? null : undefined),
  });
}
