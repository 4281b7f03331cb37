import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  parse,
} from 'graphql';
import { type CostAnnotations, type ListSize, readCostAnnotations } from './cost-annotations.ts';

/** No cost is higher: beyond it numbers are no longer exact, and infinity times zero is not a number. */
export const maxCost = Number.MAX_SAFE_INTEGER;

/** How long a list is assumed to be when nothing says so. */
const assumedListSize = 10;

export type FieldCostInput = {
  /** The object or interface type the field is selected on. */
  readonly typeName: string;
  readonly field: GraphQLField<unknown, unknown>;
  /** Coerced argument values, with variables and defaults filled in. */
  readonly args: Readonly<Record<string, unknown>>;
  /** What the field's selections cost, once. */
  readonly childCost: number;
};

export type CostModel = {
  /** What a field with its selections may cost at most, from 0 to `maxCost`. */
  fieldCost(input: FieldCostInput): number;
};

/**
 * The cost of fields by the `@cost` and `@listSize` of a supergraph. Without them a composite costs 1, a scalar 0,
 * and a list is 10 long. What a sized field selects is multiplied by its size once: the lists named in `sizedFields`
 * share that size instead of multiplying it.
 */
export function readCostModel(supergraphSdl: string): CostModel {
  const annotations = readCostAnnotations(parse(supergraphSdl));
  const owners = (typeName: string) => [typeName, ...(annotations.implementers.get(typeName) ?? [])];
  return {
    fieldCost(input) {
      // The introspection types are the gateway's own and cost no subgraph anything.
      if (input.typeName.startsWith('__') || input.field.name.startsWith('__')) return 0;
      let highest = 0;
      for (const owner of owners(input.typeName)) highest = Math.max(highest, costOn(owner, input, annotations));
      return highest;
    },
  };
}

function costOn(owner: string, input: FieldCostInput, annotations: CostAnnotations): number {
  const key = `${owner}.${input.field.name}`;
  const own = ownWeight(key, input.field, annotations);
  const once = argumentsCost(key, input, annotations);
  const returned = getNamedType(input.field.type).name;
  const listSize = annotations.listSizes.get(key);
  const isList = isListType(getNullableType(input.field.type));
  if (annotations.sizedTypes.has(returned) && !isList)
    return bounded(once + own + size(listSize, input) * input.childCost);
  if (!isList && (listSize === undefined || listSize.sizedFields.length === 0))
    return bounded(once + own + input.childCost);
  const items = annotations.sizedByParent.has(key) && listSize === undefined ? 1 : size(listSize, input);
  return bounded(once + items * bounded(own + input.childCost));
}

function ownWeight(key: string, field: FieldCostInput['field'], annotations: CostAnnotations): number {
  const returned = getNamedType(field.type);
  return (
    annotations.fieldWeights.get(key) ??
    annotations.typeWeights.get(returned.name) ??
    (isCompositeType(returned) ? 1 : 0)
  );
}

/** The largest slicing argument; an absent or null one counts as its default, a negative one as 0. */
function size(listSize: ListSize | undefined, { field, args }: FieldCostInput): number {
  const sizes = (listSize?.slicingArguments ?? []).flatMap((name) => {
    const value = args[name] ?? field.args.find((argument) => argument.name === name)?.defaultValue;
    return typeof value === 'number' ? [value] : [];
  });
  return Math.max(0, ...(sizes.length > 0 ? sizes : [listSize?.assumedSize ?? assumedListSize]));
}

function argumentsCost(key: string, { field, args }: FieldCostInput, annotations: CostAnnotations): number {
  let cost = 0;
  for (const argument of field.args) {
    if (args[argument.name] === undefined) continue;
    cost += annotations.argumentWeights.get(`${key}.${argument.name}`) ?? 0;
    cost += inputCost(args[argument.name], argument.type, annotations);
  }
  return cost;
}

function inputCost(value: unknown, type: GraphQLInputType, annotations: CostAnnotations): number {
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + inputCost(item, type, annotations), 0);
  const named = getNamedType(type);
  if (!isInputObjectType(named) || value === null || typeof value !== 'object') return 0;
  let cost = 0;
  for (const [name, part] of Object.entries(value)) {
    const field = named.getFields()[name];
    if (field)
      cost += (annotations.fieldWeights.get(`${named.name}.${name}`) ?? 0) + inputCost(part, field.type, annotations);
  }
  return cost;
}

function bounded(cost: number): number {
  return Math.min(Math.max(0, cost), maxCost);
}
