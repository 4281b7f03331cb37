import { AppError } from '@nova/errors';
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  KnownFragmentNamesRule,
  NoFragmentCyclesRule,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';
import { aliasCount } from './aliases.ts';
import { type ExpandedSelections, expandedSelections } from './expanded-selections.ts';
import { operationDepth } from './operation-depth.ts';
import { rootFieldCount } from './root-fields.ts';

export type DocumentLimits = {
  readonly maxSelections: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxRootFields: number;
};

/**
 * Refuses what the text of a document alone can break. GraphQL's own rules then see an empty document: one of them
 * exhausts the stack on circles of fragments and takes long on what is too large.
 */
export function createDocumentRule(limits: DocumentLimits): ValidationRule {
  return (context) => {
    const refusals = refusalsOf(context, limits);
    for (const refusal of refusals) context.reportError(refusal);
    return refusals.length === 0 ? {} : { Document: () => ({ kind: Kind.DOCUMENT, definitions: [] }) };
  };
}

function refusalsOf(context: ValidationContext, limits: DocumentLimits): readonly GraphQLError[] {
  const document = context.getDocument();
  const expanded = expandedSelections(document);
  const refusal = checkDocument(document, { ...limits, ...expanded });
  if (refusal) return [new GraphQLError(refusal.message, { originalError: refusal })];
  if (expanded.expandable) return [];
  return validate(context.getSchema(), document, [KnownFragmentNamesRule, NoFragmentCyclesRule], { maxErrors: 5 });
}

/** In order: nothing that walks expanded fragments runs before their count. */
function checkDocument(document: DocumentNode, limits: DocumentLimits & ExpandedSelections): AppError | undefined {
  const { count, expandable } = limits;
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
  // Unknown and circular fragments are refused by themselves.
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
