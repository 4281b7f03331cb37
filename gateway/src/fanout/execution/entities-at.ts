import { type Entity, isEntity, ownValue } from './types-of-data.ts';

/** Where in the data entities are: names of fields, and `@` for each element of a list. */
export type PlanPath = ReadonlyArray<string | number>;
export type ResponsePath = ReadonlyArray<string | number>;

/** The objects at a path; what is null on the way is left out. */
export function entitiesAt(data: Entity, path: PlanPath): Entity[] {
  const found: Entity[] = [];
  visit(data, path, 0, (entity) => found.push(entity));
  return found;
}

/** Where each of these objects is in the answer: only errors need it. */
export function pathsAt(data: Entity, path: PlanPath): Map<Entity, ResponsePath> {
  const found = new Map<Entity, ResponsePath>();
  const way: Array<string | number> = [];
  visit(data, path, 0, (entity) => found.set(entity, [...way]), way);
  return found;
}

// biome-ignore lint/complexity/useMaxParams: one object a level would cost more than the walk.
function visit(
  value: unknown,
  path: PlanPath,
  at: number,
  found: (entity: Entity) => void,
  way?: Array<string | number>,
): void {
  const step = path[at];
  if (Array.isArray(value)) {
    const next = step === '@' ? at + 1 : at;
    for (let index = 0; index < value.length; index += 1) {
      way?.push(index);
      visit(value[index], path, next, found, way);
      way?.pop();
    }
  } else if (isEntity(value)) {
    if (step === undefined) found(value);
    else {
      way?.push(step);
      visit(ownValue(value, String(step)), path, at + 1, found, way);
      way?.pop();
    }
  }
}
