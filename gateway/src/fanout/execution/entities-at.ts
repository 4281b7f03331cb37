import { type Entity, isEntity, ownValue } from './types-of-data.ts';

/** Where in the data entities are: names of fields, and `@` for each element of a list. */
export type PlanPath = ReadonlyArray<string | number>;
export type ResponsePath = ReadonlyArray<string | number>;

/** The objects at a path; what is null on the way is left out. */
export function entitiesAt(data: Entity, path: PlanPath): Entity[] {
  const found: Entity[] = [];
  walk(data, { path, found: (entity) => found.push(entity) });
  return found;
}

/** Where each of these objects is in the answer: only errors need it. */
export function pathsAt(data: Entity, path: PlanPath): Map<Entity, ResponsePath> {
  const found = new Map<Entity, ResponsePath>();
  const way: Array<string | number> = [];
  walk(data, { path, found: (entity) => found.set(entity, [...way]), way });
  return found;
}

type Walk = {
  readonly path: PlanPath;
  readonly found: (entity: Entity) => void;
  /** Where the walk is, for who wants to know. */
  readonly way?: Array<string | number>;
};

function walk(data: Entity, { path, found, way }: Walk): void {
  const visit = (value: unknown, at: number): void => {
    const step = path[at];
    if (Array.isArray(value)) {
      const next = step === '@' ? at + 1 : at;
      for (let index = 0; index < value.length; index += 1) {
        way?.push(index);
        visit(value[index], next);
        way?.pop();
      }
    } else if (isEntity(value)) {
      if (step === undefined) found(value);
      else {
        way?.push(step);
        visit(ownValue(value, String(step)), at + 1);
        way?.pop();
      }
    }
  };
  visit(data, 0);
}
