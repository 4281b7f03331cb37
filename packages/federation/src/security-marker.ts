import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { enforcedSpecifications } from './access/access-directives.ts';
import { directiveArguments } from './linked-directives.ts';

/**
 * Takes `for: SECURITY` off the supergraph's `@link`s of `@authenticated` and `@requiresScopes`. @apollo/gateway refuses a
 * supergraph that says so, because it does not enforce them itself; the gateway and the subgraphs do instead. What nobody
 * enforces (`@policy`, say) keeps its mark and is refused.
 */
export function withoutSecurityMarker(supergraph: DocumentNode): DocumentNode {
  return {
    ...supergraph,
    definitions: supergraph.definitions.map((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? { ...definition, directives: definition.directives?.map(unmarked) }
        : definition,
    ),
  };
}

function unmarked(directive: ConstDirectiveNode): ConstDirectiveNode {
  if (!enforcedSpecifications.test(String(directiveArguments(directive).url))) return directive;
  return {
    ...directive,
    arguments: directive.arguments?.filter(
      ({ name, value }) => !(name.value === 'for' && value.kind === Kind.ENUM && value.value === 'SECURITY'),
    ),
  };
}
