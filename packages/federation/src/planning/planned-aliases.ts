import { type DocumentNode, type FieldNode, Kind, visit } from 'graphql';

/**
 * Plans add fields of their own to what is asked for (`__typename`, keys, what others require), and the planner takes an
 * alias of that name for them. So aliases are planned and fetched under names that no field has, and are themselves again
 * in the answer alone.
 */
const prefix = '_alias_';

/** The name under which the data has a field. */
export function plannedName({ alias, name }: FieldNode): string {
  return alias && alias.value !== name.value ? prefix + alias.value : name.value;
}

export function withPlannedAliases(document: DocumentNode): DocumentNode {
  return visit(document, {
    Field: (node) => (node.alias ? { ...node, alias: { kind: Kind.NAME, value: plannedName(node) } } : undefined),
  });
}

/** A step of an error's path, as the client knows it. */
export function clientName(step: string | number): string | number {
  return typeof step === 'string' && step.startsWith(prefix) ? step.slice(prefix.length) : step;
}
