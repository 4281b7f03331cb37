import { type Entity, setOwn } from '../execution/types-of-data.ts';

/** A copy of what came as JSON, which shares nothing with it. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy: Entity = {};
  for (const name of Object.keys(value)) setOwn(copy, name, copyOf((value as Entity)[name]));
  return copy as T;
}
