import type { ConstDirectiveNode, DocumentNode } from 'graphql';
import { directiveArguments, linkedNames } from '../linked-directives.ts';
import type { AccessRequirement, ScopeChoice } from './access-requirement.ts';

/** Specifications that gateway and subgraphs enforce, as a supergraph links them. */
export const enforcedSpecifications = /\/(authenticated|requiresScopes)\/v\d+\.\d+$/;

const federation = { url: /\/federation\/v\d+\.\d+$/, namespace: 'federation' };

/** Reads what `@authenticated` and `@requiresScopes` at one place ask for, whatever the document calls them. */
export function accessDirectiveReader(document: DocumentNode) {
  const namesOf = (directive: 'authenticated' | 'requiresScopes') => {
    const own = { url: new RegExp(`/${directive}/v\\d+\\.\\d+$`), namespace: directive };
    const linked = [own, federation].map((specification) => linkedNames(document, { ...specification, directive }));
    return new Set(linked.flatMap((names) => [...names]));
  };
  const authenticated = namesOf('authenticated');
  const requiresScopes = namesOf('requiresScopes');
  return (directives: readonly ConstDirectiveNode[] = []): AccessRequirement | undefined => {
    const scopes = directives
      .filter(({ name }) => requiresScopes.has(name.value))
      .map((directive) => toChoice(directiveArguments(directive).scopes));
    return scopes.length > 0 || directives.some(({ name }) => authenticated.has(name.value)) ? { scopes } : undefined;
  };
}

/** GraphQL takes a single value for a list of it. */
function toChoice(scopes: unknown): ScopeChoice {
  return listOf(scopes).map((alternative) => listOf(alternative).map(String));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
