import type { FetchDataRewrite } from '@nova/federation';
import { type Entity, type IsOfType, isEntity, ownValue, setOwn } from './types-of-data.ts';

/** Changes what is sent to or came from a subgraph, as the plan says. */
export type Rewrite = (value: unknown) => void;

const fragmentPrefix = '... on ';

export function compileRewrites(
  rewrites: readonly FetchDataRewrite[] | undefined,
  isOfType: IsOfType,
): Rewrite | undefined {
  if (!rewrites || rewrites.length === 0) return undefined;
  const compiled = rewrites.map((rewrite) => compileRewrite(rewrite, isOfType));
  return (value) => {
    for (const rewrite of compiled) rewrite(value);
  };
}

function compileRewrite(rewrite: FetchDataRewrite, isOfType: IsOfType): Rewrite {
  const steps = rewrite.path.slice(0, -1);
  const last = rewrite.path.at(-1) as string;
  const apply = (object: Entity): void => {
    if (rewrite.kind === 'ValueSetter') setOwn(object, last, rewrite.setValueTo);
    else if (Object.hasOwn(object, last)) {
      setOwn(object, rewrite.renameKeyTo, object[last]);
      delete object[last];
    }
  };
  const walk = (value: unknown, at: number): void => {
    if (Array.isArray(value)) for (const element of value) walk(element, at);
    else if (isEntity(value)) {
      const step = steps[at];
      if (step === undefined) apply(value);
      else if (!step.startsWith(fragmentPrefix)) walk(ownValue(value, step), at + 1);
      else if (isOrMayBe(value, step.slice(fragmentPrefix.length))) walk(value, at + 1);
    }
  };
  // Where no type was asked for there is only one.
  const isOrMayBe = ({ __typename: typeName }: Entity, condition: string) =>
    typeof typeName !== 'string' || isOfType(typeName, condition);
  return (value) => walk(value, 0);
}
