import { type DocumentNode, visit } from 'graphql';

/** Aliases written in the document. */
export function aliasCount(document: DocumentNode): number {
  let aliases = 0;
  visit(document, {
    Field({ alias }) {
      if (alias) aliases += 1;
    },
  });
  return aliases;
}
