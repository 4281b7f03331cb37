import type { ShapeField, TypedShape, ValueShape } from './response-shape.ts';
import type { Merged } from './run-plan.ts';
import { type Entity, isEntity } from './types-of-data.ts';

/** A value that breaks what the schema says, where it stands in the answer. */
export type BrokenPromise = { readonly message: string; readonly path: Array<string | number> };

export type Written = {
  /** The data as JSON. */
  readonly text: string;
  /** Whether a root field is not null. */
  readonly hasData: boolean;
  readonly broken: readonly BrokenPromise[];
};

/** Answers what the gateway knows itself: `__schema` and `__type`. */
export type Introspect = (field: ShapeField) => unknown;

/**
 * Writes what the operation asks for of the merged data, straight to JSON. A null where none is allowed makes the nearest
 * place null that may be.
 */
export function writeResponse(root: TypedShape, { data, shared }: Merged, introspect: Introspect): Written {
  const writing: Writing = { introspect, shared, written: new Map(), broken: [] };
  const text = writeFields(root, data, writing);
  const nothing = `{${root.fields.map(({ key }) => `${key}null`).join(',')}}`;
  return { text: text ?? 'null', hasData: text !== undefined && text !== nothing, broken: writing.broken };
}

type Writing = {
  readonly introspect: Introspect;
  /** What stands at several places of the data, and its text in each of the shapes that it was written in. */
  readonly shared: ReadonlySet<unknown>;
  readonly written: Map<ValueShape, Map<unknown, string>>;
  readonly broken: BrokenPromise[];
};

const maxBroken = 100;

function breaks({ broken }: Writing, message: string): undefined {
  if (broken.length < maxBroken) broken.push({ message, path: [] });
}

/** Paths are only put together when there is something to tell: from the inside out. */
function within({ broken }: Writing, step: string | number, from: number): void {
  for (let at = from; at < broken.length; at += 1) broken[at]?.path.unshift(step);
}

/** Like all that follows: undefined when the null in it has to climb. */
function writeFields(shape: TypedShape, given: Entity, writing: Writing): string | undefined {
  const { broken } = writing;
  let text = '';
  let climbs = false;
  for (const field of shape.fields) {
    const before = broken.length;
    const part =
      field.kind === 'value' ? writeValue(field.type, field.read(given), writing) : writeOwn(field, shape, writing);
    if (broken.length > before) within(writing, field.name, before);
    if (part === undefined) climbs = true;
    else text += text === '' ? field.key + part : `,${field.key}${part}`;
  }
  return climbs ? undefined : `{${text}}`;
}

function writeOwn(field: ShapeField, shape: TypedShape, writing: Writing): string | undefined {
  if (field.kind === 'introspection') return JSON.stringify(writing.introspect(field) ?? null);
  return shape.isObjectType
    ? JSON.stringify(shape.typeName)
    : breaks(writing, `an object of the ${shape.typeName} family whose type is not known`);
}

function writeValue(shape: ValueShape, given: unknown, writing: Writing): string | undefined {
  if (given === null || given === undefined)
    return shape.isNonNull ? breaks(writing, 'null where the schema allows none') : 'null';
  const text =
    typeof given === 'object' && writing.shared.has(given)
      ? writeShared(shape, given, writing)
      : writeWhole(shape, given, writing);
  return text ?? (shape.isNonNull ? undefined : 'null');
}

function writeWhole(shape: ValueShape, given: unknown, writing: Writing): string | undefined {
  if (shape.list) return writeList(shape.list, given, writing);
  return shape.object ? writeComposite(shape.object, given, writing) : writeLeaf(shape, given, writing);
}

/** Once for all its places, unless something in it has to be told of each. */
function writeShared(shape: ValueShape, given: unknown, writing: Writing): string | undefined {
  const { written, broken } = writing;
  let texts = written.get(shape);
  const known = texts?.get(given);
  if (known !== undefined) return known;
  const before = broken.length;
  const text = writeWhole(shape, given, writing);
  if (text === undefined || broken.length > before) return text;
  if (!texts) {
    texts = new Map();
    written.set(shape, texts);
  }
  texts.set(given, text);
  return text;
}

function writeLeaf({ isLeaf }: ValueShape, given: unknown, writing: Writing): string | undefined {
  return isLeaf?.(given) ? JSON.stringify(given) : breaks(writing, 'a value that is not of its type');
}

function writeList(element: ValueShape, given: unknown, writing: Writing): string | undefined {
  if (!Array.isArray(given)) return breaks(writing, 'a value that is no list');
  const { broken } = writing;
  let text = '[';
  let climbs = false;
  for (let at = 0; at < given.length; at += 1) {
    const before = broken.length;
    const part = writeValue(element, given[at], writing);
    if (broken.length > before) within(writing, at, before);
    if (part === undefined) climbs = true;
    else text += at === 0 ? part : `,${part}`;
  }
  return climbs ? undefined : `${text}]`;
}

function writeComposite(
  shape: NonNullable<ValueShape['object']>,
  given: unknown,
  writing: Writing,
): string | undefined {
  if (!isEntity(given)) return breaks(writing, 'a value that is no object');
  const { __typename: typeName } = given;
  const typed = shape.of(typeof typeName === 'string' ? typeName : undefined);
  return typed
    ? writeFields(typed, given, writing)
    : breaks(writing, `an object of the type ${String(typeName)}, which the schema does not have`);
}
