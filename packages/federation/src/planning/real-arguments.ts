import type { FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { RequiredSelection } from './conditional-requirements.ts';
import { mapFetches } from './map-fetches.ts';
import { requiredKey, type StandIns } from './required-arguments.ts';

/** Turns the stand-ins of a plan back into the fields that they stand for. */
export function withRealArguments(plan: QueryPlan, standIns: StandIns): QueryPlan {
  return mapFetches(plan, (fetch) => realFetch(fetch, standIns));
}

/** Several fetches when the subgraph would be sent two values under one name. */
function realFetch(fetch: FetchNode, standIns: StandIns): PlanNode {
  const operation = operationOf(fetch.operation);
  const groups = fetch.requires ? groupsOf(operation, fetch.serviceName, standIns) : [undefined];
  const fetches = groups.map((group) => {
    const real = withOwnVariables(realOperation(group ? keepFields(operation, group.fields) : operation, standIns));
    const names = new Set(real.variableDefinitions?.map(({ variable }) => variable.name.value));
    return {
      ...fetch,
      operation: print(real),
      variableUsages: fetch.variableUsages?.filter((name) => names.has(name)),
      ...(fetch.requires && { requires: realRequires(fetch.requires, standIns, group) as QueryPlanSelectionNode[] }),
    };
  });
  const [only] = fetches;
  return fetches.length === 1 && only ? only : { kind: 'Parallel', nodes: fetches };
}

/** Fields of entities that go together, and the stand-ins that they need. */
type Group = { readonly fields: Set<FieldNode>; readonly standIns: Map<string, string> };

function groupsOf(
  operation: OperationDefinitionNode,
  subgraph: string,
  { byName, requiredBy }: StandIns,
): Array<Group | undefined> {
  const groups: Group[] = [];
  for (const { field, typeName } of entityFields(operation)) {
    const names = requiredBy.get(requiredKey(subgraph, typeName, field.name.value)) ?? [];
    const needed = new Map(names.map((name) => [byName.get(name)?.field ?? name, name]));
    const fits = ({ standIns }: Group) => [...needed].every(([real, name]) => (standIns.get(real) ?? name) === name);
    let group = groups.find(fits);
    if (!group) {
      group = { fields: new Set(), standIns: new Map() };
      groups.push(group);
    }
    group.fields.add(field);
    for (const [real, name] of needed) group.standIns.set(real, name);
  }
  return groups.length > 1 ? groups : [undefined];
}

function operationOf(text: string): OperationDefinitionNode {
  const definition = parse(text, { noLocation: true }).definitions.find((it) => it.kind === Kind.OPERATION_DEFINITION);
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('A fetch has no operation.');
  return definition;
}

type EntityField = { readonly field: FieldNode; readonly typeName: string };

function* entityFields({ selectionSet }: OperationDefinitionNode): Generator<EntityField> {
  for (const entities of selectionSet.selections)
    if (entities.kind === Kind.FIELD && entities.selectionSet) yield* fieldsOf(entities.selectionSet, '');
}

function* fieldsOf(set: SelectionSetNode, typeName: string): Generator<EntityField> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) yield { field: selection, typeName };
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      yield* fieldsOf(selection.selectionSet, selection.typeCondition?.name.value ?? typeName);
  }
}

function realOperation(operation: OperationDefinitionNode, { byName }: StandIns): OperationDefinitionNode {
  return visit(operation, {
    Field(node) {
      const standIn = byName.get(node.name.value);
      if (!standIn) return undefined;
      return {
        ...node,
        alias: node.alias ?? node.name,
        name: { kind: Kind.NAME, value: standIn.field },
        arguments: standIn.args,
      };
    },
  });
}

function keepFields(operation: OperationDefinitionNode, fields: ReadonlySet<FieldNode>): OperationDefinitionNode {
  const keepIn = (set: SelectionSetNode): SelectionSetNode => ({
    ...set,
    selections: set.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind !== Kind.INLINE_FRAGMENT)
        return selection.kind !== Kind.FIELD || fields.has(selection) ? [selection] : [];
      const selectionSet = keepIn(selection.selectionSet);
      return selectionSet.selections.length > 0 ? [{ ...selection, selectionSet }] : [];
    }),
  });
  const selections = operation.selectionSet.selections.map((entities) =>
    entities.kind === Kind.FIELD && entities.selectionSet
      ? { ...entities, selectionSet: keepIn(entities.selectionSet) }
      : entities,
  );
  return { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

function realRequires(
  selections: readonly RequiredSelection[],
  standIns: StandIns,
  group: Group | undefined,
): RequiredSelection[] {
  return selections.flatMap((selection): RequiredSelection[] => {
    if (selection.kind === 'InlineFragment')
      return [{ ...selection, selections: realRequires(selection.selections, standIns, group) }];
    const standIn = standIns.byName.get(selection.name);
    const nested = selection.selections && realRequires(selection.selections, standIns, group);
    const whole = { ...selection, ...(nested && { selections: nested }) };
    if (!standIn) return [whole];
    const isOthers = group !== undefined && group.standIns.get(standIn.field) !== selection.name;
    return isOthers ? [] : [{ ...whole, sentAs: standIn.field }];
  });
}

/** A variable that is defined and not used is an error. */
function withOwnVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation.selectionSet, {
    Variable: ({ name }) => {
      used.add(name.value);
    },
  });
  const variableDefinitions = operation.variableDefinitions?.filter((it) => used.has(it.variable.name.value));
  return { ...operation, variableDefinitions };
}
