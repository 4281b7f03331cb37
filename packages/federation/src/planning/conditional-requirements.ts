import type { FetchNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import type { FetchCondition } from '../fetch-schedule.ts';
import { mapFetches } from './map-fetches.ts';
import { namesOfGraphs, requiredKey } from './required-arguments.ts';

/**
 * A part of what a subgraph is sent of an entity. `sentAs`: its name there, where that is another one than in the data.
 * `neededBy`: the conditions of the fields that it is for, when each has some; where none is included it may be unknown.
 */
export type RequiredSelection = RequiredField | RequiredFragment;

type RequiredFragment = {
  readonly kind: 'InlineFragment';
  readonly typeCondition?: string;
  readonly selections: readonly RequiredSelection[];
};

type RequiredField = {
  readonly kind: 'Field';
  readonly alias?: string;
  readonly name: string;
  readonly sentAs?: string;
  readonly neededBy?: ReadonlyArray<readonly FetchCondition[]>;
  readonly selections?: readonly RequiredSelection[];
};

/** What fields require and what keys are made of, by subgraph. */
export type Requirements = {
  /** By `requiredKey`. */
  readonly requires: ReadonlyMap<string, SelectionSetNode>;
  /** By `requiredKey` without a field. */
  readonly keys: ReadonlyMap<string, readonly SelectionSetNode[]>;
};

export function readRequirements(supergraph: DocumentNode): Requirements {
  const subgraphNames = namesOfGraphs(supergraph);
  const requires = new Map<string, SelectionSetNode>();
  const keys = new Map<string, SelectionSetNode[]>();
  const note = (directive: ConstDirectiveNode, typeName: string, field: string) => {
    const argument = (name: string) => directive.arguments?.find((it) => it.name.value === name)?.value;
    const [graph, key, required] = [argument('graph'), argument('key'), argument('requires')];
    if (graph?.kind !== Kind.ENUM) return;
    const place = requiredKey(subgraphNames.get(graph.value) ?? graph.value, typeName, field);
    if (required?.kind === Kind.STRING) requires.set(place, selectionsOf(required.value));
    if (key?.kind === Kind.STRING) keys.set(place, [...(keys.get(place) ?? []), selectionsOf(key.value)]);
  };
  for (const type of supergraph.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const directive of type.directives ?? [])
      if (directive.name.value === 'join__type') note(directive, type.name.value, '');
    for (const { name, directives = [] } of type.fields ?? [])
      for (const directive of directives)
        if (directive.name.value === 'join__field') note(directive, type.name.value, name.value);
  }
  return { requires, keys };
}

/**
 * Says of what a plan requires which parts only conditional fields need. The planner fetches those under the conditions, and
 * sends everything at once: without a word of them an entity that lacks one would not be asked for anything.
 */
export function withConditionalRequirements(plan: QueryPlan, requirements: Requirements): QueryPlan {
  if (requirements.requires.size === 0) return plan;
  return mapFetches(plan, (fetch) => (fetch.requires ? markedFetch(fetch, fetch.requires, requirements) : fetch));
}

/** A set of fields that something needs; no conditions: always. */
type Need = { readonly set: SelectionSetNode; readonly conditions: readonly FetchCondition[] };

function markedFetch(fetch: FetchNode, required: readonly RequiredSelection[], requirements: Requirements): FetchNode {
  const needs = new Map<string, Need[]>();
  const add = (typeName: string, need: Need) => needs.set(typeName, [...(needs.get(typeName) ?? []), need]);
  const collect = ({ selections }: SelectionSetNode, typeName: string, outside: readonly FetchCondition[]): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      const conditions = [...outside, ...conditionsOf(selection.directives ?? [])];
      if (selection.kind === Kind.INLINE_FRAGMENT)
        collect(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, conditions);
      else {
        const set = requirements.requires.get(requiredKey(fetch.serviceName, typeName, selection.name.value));
        if (set) add(typeName, { set, conditions });
      }
    }
  };
  for (const entities of operationOf(fetch.operation).selectionSet.selections)
    if (entities.kind === Kind.FIELD && entities.selectionSet) collect(entities.selectionSet, '', []);
  const requires = required.map((selection) => {
    const typeName = selection.kind === 'InlineFragment' ? (selection.typeCondition ?? '') : '';
    const own = needs.get(typeName);
    if (!own || selection.kind !== 'InlineFragment') return selection;
    const keys = requirements.keys.get(requiredKey(fetch.serviceName, typeName, '')) ?? [];
    const all = [...own, ...keys.map((set) => ({ set, conditions: [] }))];
    return { ...selection, selections: marked(selection.selections, all) };
  });
  return { ...fetch, requires: requires as QueryPlanSelectionNode[] };
}

function marked(selections: readonly RequiredSelection[], needs: readonly Need[]): RequiredSelection[] {
  return selections.map((selection) => {
    if (selection.kind === 'InlineFragment') return { ...selection, selections: marked(selection.selections, needs) };
    const users = needs.flatMap(({ set, conditions }) =>
      fieldsNamed(set, selection.name).map((inner) => ({ set: inner, conditions })),
    );
    const neededBy = users.map(({ conditions }) => conditions);
    return {
      ...selection,
      ...(selection.selections && { selections: marked(selection.selections, users) }),
      ...(users.length > 0 && neededBy.every(({ length }) => length > 0) && { neededBy }),
    };
  });
}

const nothing: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

/** What is selected of the fields of that name, in fragments too. */
function fieldsNamed({ selections }: SelectionSetNode, name: string): SelectionSetNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsNamed(selection.selectionSet, name);
    return selection.kind === Kind.FIELD && selection.name.value === name ? [selection.selectionSet ?? nothing] : [];
  });
}

function conditionsOf(directives: readonly DirectiveNode[]): FetchCondition[] {
  return directives.flatMap(({ name, arguments: args = [] }) => {
    const value = args.find((it) => it.name.value === 'if')?.value;
    if ((name.value !== 'skip' && name.value !== 'include') || value?.kind !== Kind.VARIABLE) return [];
    return [{ variable: value.name.value, isTrue: name.value === 'include' }];
  });
}

function operationOf(text: string): OperationDefinitionNode {
  const definition = parse(text, { noLocation: true }).definitions.find((it) => it.kind === Kind.OPERATION_DEFINITION);
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('A fetch has no operation.');
  return definition;
}

function selectionsOf(text: string): SelectionSetNode {
  return operationOf(`{${text}}`).selectionSet;
}
