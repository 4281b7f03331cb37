import type { FieldNode } from 'graphql';

/**
 * Plans add fields of their own to what is asked for (`__typename`, keys, what others require), and the planner takes an
 * alias of that name for them. So aliases are planned and fetched under names that no field has (one that has such a name is
 * treated as its own alias), and are themselves again in the answer alone.
 */
const prefix = '_alias_';

/** The name under which the data has a field. */
export function plannedName({ alias, name: { value: name } }: FieldNode): string {
  const isOther = alias !== undefined && alias.value !== name;
  return isOther || name.startsWith(prefix) ? prefix + (alias?.value ?? name) : name;
}

/** A step of an error's path, as the client knows it. */
export function clientName(step: string | number): string | number {
  return typeof step === 'string' && step.startsWith(prefix) ? step.slice(prefix.length) : step;
}
