import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';

/** A directive of a specification: its name there, and what matches the specification's `@link` URL. */
export type LinkedDirective = { readonly directive: string; readonly url: RegExp; readonly namespace: string };

/** What a document calls a directive, by each `@link` of its specification: composition and imports may rename it. */
export function linkedNames(document: DocumentNode, wanted: LinkedDirective): ReadonlySet<string> {
  const names = new Set<string>();
  for (const link of linksOf(document)) {
    if (typeof link.url !== 'string' || !wanted.url.test(link.url)) continue;
    const namespace = typeof link.as === 'string' ? link.as : wanted.namespace;
    const plain = wanted.directive === wanted.namespace ? namespace : `${namespace}__${wanted.directive}`;
    names.add(importedAs(link.import, `@${wanted.directive}`) ?? plain);
  }
  return names;
}

export function directiveArguments(directive: ConstDirectiveNode): Record<string, unknown> {
  return Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
}

function linksOf({ definitions }: DocumentNode): Record<string, unknown>[] {
  return definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
      ? (definition.directives ?? []).map(directiveArguments)
      : [],
  );
}

function importedAs(imports: unknown, name: string): string | undefined {
  if (!Array.isArray(imports)) return undefined;
  for (const item of imports) {
    if (item === name) return name.slice(1);
    if (item?.name === name) return String(item.as ?? name).slice(1);
  }
  return undefined;
}
