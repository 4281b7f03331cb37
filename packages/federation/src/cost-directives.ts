import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';

/** What the directives of the cost specification are called in one supergraph. */
export type CostDirectiveNames = { readonly cost: string; readonly listSize: string };

/**
 * Composition renames imported directives when names clash, so the names are read from the supergraph's `@link`.
 * Undefined when the supergraph does not use the specification.
 */
export function costDirectiveNames(supergraph: DocumentNode): CostDirectiveNames | undefined {
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const directive of definition.directives ?? []) {
      const link = directiveArguments(directive);
      if (typeof link.url !== 'string' || !/\/cost\/v\d+\.\d+$/.test(link.url)) continue;
      const namespace = typeof link.as === 'string' ? link.as : 'cost';
      return {
        cost: importedAs(link.import, '@cost') ?? namespace,
        listSize: importedAs(link.import, '@listSize') ?? `${namespace}__listSize`,
      };
    }
  }
  return undefined;
}

export function directiveArguments(directive: ConstDirectiveNode): Record<string, unknown> {
  return Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
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
