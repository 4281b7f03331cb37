import { type Entity, isEntity, ownValue, setOwn } from './types-of-data.ts';

/** Puts what a subgraph answered about an object into what is known of it. Lists of one length merge element by element. */
export function mergeInto(target: Entity, source: Entity): void {
  for (const name of Object.keys(source)) {
    const value = source[name];
    const known = ownValue(target, name);
    if (isEntity(known) && isEntity(value)) mergeInto(known, value);
    else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeLists(known, value);
    else setOwn(target, name, value);
  }
}

function mergeLists(target: unknown[], source: readonly unknown[]): void {
  for (let at = 0; at < source.length; at += 1) {
    const [known, value] = [target[at], source[at]];
    if (isEntity(known) && isEntity(value)) mergeInto(known, value);
    else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeLists(known, value);
    else target[at] = value;
  }
}
