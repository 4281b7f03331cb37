import { type DirectiveNode, type DocumentNode, Kind } from 'graphql';

/**
 * The planner leads back into a subgraph by the first key it finds there, one that cannot be resolved included: so those
 * come last. The supergraph means the same.
 */
export function withResolvableKeysFirst(supergraph: DocumentNode): DocumentNode {
  return {
    ...supergraph,
    definitions: supergraph.definitions.map((definition) =>
      'directives' in definition && definition.directives
        ? { ...definition, directives: definition.directives.toSorted(bySuitability) }
        : definition,
    ) as DocumentNode['definitions'],
  };
}

function bySuitability(one: DirectiveNode, other: DirectiveNode): number {
  return Number(isUnresolvable(one)) - Number(isUnresolvable(other));
}

function isUnresolvable({ name, arguments: args = [] }: DirectiveNode): boolean {
  if (name.value !== 'join__type') return false;
  return args.some(
    (argument) =>
      argument.name.value === 'resolvable' && argument.value.kind === Kind.BOOLEAN && argument.value.value === false,
  );
}
