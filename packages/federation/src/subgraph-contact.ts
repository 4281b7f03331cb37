import { Kind, parse, valueFromASTUntyped } from 'graphql';

/** The team that a subgraph's SDL names by `@contact`. */
export function subgraphContact(sdl: string): string | undefined {
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    const contact = definition.directives?.find(({ name }) => name.value === 'contact');
    const name = contact?.arguments?.find((argument) => argument.name.value === 'name');
    if (name) return String(valueFromASTUntyped(name.value));
  }
  return undefined;
}
