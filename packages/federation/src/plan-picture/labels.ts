import type { PicturePart, PictureRequest } from './plan-picture.ts';

/** What a picture says besides the plan. */
export type PictureFrame = {
  /** Of the operation: `query HomePage`. */
  readonly title: string;
  /** Teams by subgraph. */
  readonly owners?: ReadonlyMap<string, string | undefined> | undefined;
};

/** `3 user (Profiles team)`. */
export function requestLabel({ number, subgraph }: PictureRequest, { owners }: PictureFrame): string {
  const owner = owners?.get(subgraph);
  return `${number} ${subgraph}${owner === undefined ? '' : ` (${owner})`}`;
}

export type PartLabels = {
  /** Where it adds to the answer and what it asks by: `posts.nodes.author: User by id`. */
  readonly where: string;
  /** `@include(if: $full)`. */
  readonly when: string;
  /** `username, displayName`. */
  readonly what: string;
};

/** Each may be empty. */
export function partLabels({ path, conditions, entities, fields }: PicturePart): PartLabels {
  const keys = new Map<string, string[]>();
  for (const { type, by } of entities) keys.set(by, [...(keys.get(by) ?? []), type]);
  const asked = [...keys].map(([by, types]) => `${types.join(', ')} by ${by}`).join('; ');
  return {
    where: [path, asked].filter(Boolean).join(': '),
    when: conditions.map(({ variable, isTrue }) => `@${isTrue ? 'include' : 'skip'}(if: $${variable})`).join(' '),
    what: fields.join(', '),
  };
}

/** Whether variables may leave the whole request out. */
export function isConditional({ parts }: PictureRequest): boolean {
  return parts.every(({ conditions }) => conditions.length > 0);
}

/** By number: a colour each subgraph keeps in one picture. */
export function subgraphNumbers(requests: readonly PictureRequest[]): ReadonlyMap<string, number> {
  return new Map([...new Set(requests.map(({ subgraph }) => subgraph))].sort().map((name, at) => [name, at]));
}

/** Requests by wave, the first first. */
export function wavesOf(requests: readonly PictureRequest[]): PictureRequest[][] {
  const waves: PictureRequest[][] = [];
  for (const request of requests) {
    const wave = waves[request.wave - 1] ?? [];
    waves[request.wave - 1] = wave;
    wave.push(request);
  }
  return waves;
}
