/** A value as the store keeps it: until when it is fresh (store's clock), the generations it was fetched under, its JSON. */
export type Entry = { readonly freshUntilMs: number; readonly generations: string; readonly json: string };

export function writeEntry({ freshUntilMs, generations, json }: Entry): string {
  return `${freshUntilMs}\n${generations}\n${json}`;
}

/** Undefined for what is no entry: others can write to Redis, too. */
export function readEntry(text: string): Entry | undefined {
  const first = text.indexOf('\n');
  const second = text.indexOf('\n', first + 1);
  const freshUntilMs = Number(text.slice(0, Math.max(0, first)));
  if (first < 1 || second < 0 || !Number.isSafeInteger(freshUntilMs)) return undefined;
  return { freshUntilMs, generations: text.slice(first + 1, second), json: text.slice(second + 1) };
}
