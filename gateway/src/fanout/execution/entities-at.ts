import { type Entity, isEntity, ownValue } from './types-of-data.ts';

/** Where in the data entities are: names of fields, and `@` for each element of a list. */
export type PlanPath = ReadonlyArray<string | number>;
export type ResponsePath = ReadonlyArray<string | number>;

/** Objects that stand at several places of the data at once. */
export type SharedObjects = ReadonlySet<unknown>;

/** The objects at a path, each once; what is null on the way is left out. */
export function entitiesAt(data: Entity, path: PlanPath, shared: SharedObjects): Entity[] {
  const found: Entity[] = [];
  const seen = shared.size > 0 ? new Set<unknown>() : undefined;
  const visit = (value: unknown, at: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (seen && shared.has(value)) {
      if (seen.has(value)) return;
      seen.add(value);
    }
    const step = path[at];
    if (Array.isArray(value)) {
      const next = step === '@' ? at + 1 : at;
      for (let index = 0; index < value.length; index += 1) visit(value[index], next);
    } else if (step === undefined) found.push(value as Entity);
    else visit(ownValue(value as Entity, String(step)), at + 1);
  };
  visit(data, 0);
  return found;
}

/** All places of each of these objects in the answer: only errors need them. */
export function placesAt(data: Entity, path: PlanPath): Map<Entity, ResponsePath[]> {
  const found = new Map<Entity, ResponsePath[]>();
  const way: Array<string | number> = [];
  const visit = (value: unknown, at: number): void => {
    const step = path[at];
    if (Array.isArray(value)) {
      const next = step === '@' ? at + 1 : at;
      for (let index = 0; index < value.length; index += 1) {
        way.push(index);
        visit(value[index], next);
        way.pop();
      }
    } else if (isEntity(value)) {
      if (step === undefined) {
        const places = found.get(value);
        if (places) places.push([...way]);
        else found.set(value, [[...way]]);
      } else {
        way.push(step);
        visit(ownValue(value, String(step)), at + 1);
        way.pop();
      }
    }
  };
  visit(data, 0);
  return found;
}
