import type { Redis } from './redis.ts';

/**
 * What an entry of the gateways' cache depends on: `User:42`, one entity; `User:*`, an entity of that type; `User`, any
 * entity of that type, where an entry holds more than the entity it is about; `*`, carried by every entry. Each tag has a generation, and
 * an entry is good as long as the generations of its tags are those that it was fetched under.
 */
export const everything = '*';

export function entityTag(type: string, id: string): string {
  return `${type}:${id}`;
}

/** Of purges: `User:42`, `User` for all entities of a type, or `*`. An id has at most 256 characters. */
export function isPurgeTag(tag: unknown): tag is string {
  return typeof tag === 'string' && /^(\*|[A-Za-z_]\w{0,127}(:.{1,256})?)$/s.test(tag);
}

/** The tags whose generation ends when `tag` is purged. */
export function endedBy(tag: string): readonly string[] {
  if (tag === everything) return [everything];
  const at = tag.indexOf(':');
  return at < 0 ? [tag, entityTag(tag, '*')] : [tag, tag.slice(0, at)];
}

export const generationKey = (tag: string): string => `nova:cache:generation:${tag}`;

/** From when it resolves, no gateway on this Redis answers from what was fetched before it was called. May be repeated. */
export async function purgeTags(redis: Redis, tags: readonly string[]): Promise<void> {
  const keys = new Set(tags.flatMap(endedBy).map(generationKey));
  if (keys.size > 0) await redis.unlink(...keys);
}
