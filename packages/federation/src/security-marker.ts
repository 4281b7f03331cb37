import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';

/**
 * Takes `for: SECURITY` off the supergraph's `@link`s. @apollo/gateway refuses a supergraph that says so, because it
 * does not enforce `@authenticated` and its kin itself; the gateway and the subgraphs enforce them instead.
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
  if (directive.name.value !== 'link' && directive.name.value !== 'core') return directive;
  return {
    ...directive,
    arguments: directive.arguments?.filter(
      ({ name, value }) => !(name.value === 'for' && value.kind === Kind.ENUM && value.value === 'SECURITY'),
    ),
  };
}
