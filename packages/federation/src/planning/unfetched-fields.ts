import {
  type CompositeType,
  type FragmentElement,
  isAbstractType,
  isVariable,
  type Operation,
  type OperationElement,
  possibleRuntimeTypes,
  type SelectionSet,
} from '@apollo/federation-internals';
import type { QueryPlan } from '@apollo/query-planner';
import { Kind, parse, type SelectionSetNode } from 'graphql';
import { fetchesOf, type LocatedFetch } from './map-fetches.ts';

/**
 * Where an operation asks for fields that its plan fetches nowhere, as paths of planned names. The planner plans nothing
 * where no subgraph can answer, and the answer would be null without a word. Not looked at is what may rightly be left out:
 * what is under a type that a subgraph may never return, and what no variables include.
 */
export function unfetchedFields(operation: Operation, plan: QueryPlan): string[] {
  if (plan.node?.kind === 'Subscription') return [];
  const fetched = new Set(fetchesOf(plan).flatMap((it) => [...fetchedBy(it)]));
  const asked = askedIn(operation.expandAllFragments().selectionSet, '', new Map());
  const unfetched = [...asked].filter((path) => !fetched.has(path));
  // What is missing with its parent is not worth a word of its own.
  return unfetched.filter((path) => !unfetched.some((other) => path.startsWith(`${other}.`)));
}

/** Paths of what a fetch brings, of whatever type. */
function* fetchedBy({ fetch, path: place }: LocatedFetch): Generator<string> {
  const { operation, requires, outputRewrites = [] } = fetch;
  const start = place.join('.');
  const { definitions } = parse(operation, { noLocation: true });
  const sets = new Map(
    definitions.flatMap((it) =>
      it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it.selectionSet] as const] : [],
    ),
  );
  const names = new Map(
    outputRewrites.flatMap((it) => (it.kind === 'KeyRenamer' ? [[it.path.at(-1) ?? '', it.renameKeyTo] as const] : [])),
  );
  const pathsIn = function* (set: SelectionSetNode, path: string): Generator<string> {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FIELD) {
        const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : sets.get(selection.name.value);
        if (inner) yield* pathsIn(inner, path);
        continue;
      }
      const name = (selection.alias ?? selection.name).value;
      const own = at(path, names.get(name) ?? name);
      yield own;
      if (selection.selectionSet) yield* pathsIn(selection.selectionSet, own);
    }
  };
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (!requires) yield* pathsIn(definition.selectionSet, start);
    else
      for (const entities of definition.selectionSet.selections)
        if (entities.kind === Kind.FIELD && entities.selectionSet) yield* pathsIn(entities.selectionSet, start);
  }
}

/** What variables have to be for a field to be included. */
type Conditions = ReadonlyMap<string, boolean>;

function* askedIn(set: SelectionSet, path: string, outer: Conditions): Generator<string> {
  for (const { kind, element, selectionSet } of set.selections()) {
    const conditions = conditionsOf(element, outer);
    if (!conditions) continue;
    if (kind === 'FragmentSelection') {
      if (selectionSet && appliesAlways(element as FragmentElement)) yield* askedIn(selectionSet, path, conditions);
    } else if (element.kind === 'Field' && !element.name.startsWith('__')) {
      const own = at(path, element.responseName());
      yield own;
      if (selectionSet) yield* askedIn(selectionSet, own, conditions);
    }
  }
}

/** Undefined when nothing fulfils them. */
function conditionsOf({ appliedDirectives }: OperationElement, outer: Conditions): Conditions | undefined {
  const conditions = new Map(outer);
  for (const directive of appliedDirectives) {
    if (directive.name !== 'skip' && directive.name !== 'include') continue;
    const wanted = directive.name === 'include';
    const { if: value } = directive.arguments() as { readonly if: unknown };
    if (isVariable(value)) {
      if (conditions.get(value.name) === !wanted) return undefined;
      conditions.set(value.name, wanted);
    } else if (value !== wanted) return undefined;
  }
  return conditions;
}

/** Whether all that its parent may be meets the type condition. */
function appliesAlways({ parentType, typeCondition }: FragmentElement): boolean {
  if (!typeCondition || typeCondition.name === parentType.name) return true;
  return isAbstractType(typeCondition) && namesOf(parentType).isSubsetOf(namesOf(typeCondition));
}

function namesOf(type: CompositeType): Set<string> {
  return new Set(possibleRuntimeTypes(type).map(({ name }) => name));
}

function at(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
