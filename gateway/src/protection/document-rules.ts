import { AppError } from '@nova/errors';
import type { DocumentNode } from 'graphql';
import { aliasCount } from './aliases.ts';
import { expandedSelections } from './expanded-selections.ts';
import { operationDepth } from './operation-depth.ts';
import { rootFieldCount } from './root-fields.ts';

export type DocumentLimits = {
  readonly maxSelections: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxRootFields: number;
};

/** What the text of a document alone can break, in order: nothing that walks expanded fragments runs before their count. */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): AppError | undefined {
  const { count, expandable } = expandedSelections(document);
  if (count > limits.maxSelections) {
    return new AppError(
      'SELECTION_LIMIT_EXCEEDED',
      `With its fragments written out the operation has more than ${limits.maxSelections} selections.`,
      { details: { selections: count, limit: limits.maxSelections } },
    );
  }
  const aliases = aliasCount(document);
  if (aliases > limits.maxAliases) {
    return new AppError(
      'ALIAS_LIMIT_EXCEEDED',
      `The document has ${aliases} aliases; ${limits.maxAliases} are allowed.`,
      {
        details: { aliases, limit: limits.maxAliases },
      },
    );
  }
  const rootFields = rootFieldCount(document);
  if (rootFields > limits.maxRootFields) {
    return new AppError(
      'ROOT_FIELD_LIMIT_EXCEEDED',
      `The operation has ${rootFields} root fields; ${limits.maxRootFields} are allowed.`,
      { details: { rootFields, limit: limits.maxRootFields } },
    );
  }
  // GraphQL's own rules refuse a document with unknown or circular fragments.
  const depth = expandable ? operationDepth(document) : 0;
  if (depth > limits.maxDepth) {
    return new AppError(
      'DEPTH_LIMIT_EXCEEDED',
      `The operation nests ${depth} levels; ${limits.maxDepth} are allowed.`,
      {
        details: { depth, limit: limits.maxDepth },
      },
    );
  }
  return undefined;
}
