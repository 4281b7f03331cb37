import { operationDepth } from '@nova/federation';
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
import { documentShape } from './document-shape.ts';
import { type Excess, excessOf, type Limit } from './limits.ts';

export type DocumentLimits = {
  readonly maxSelections: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  readonly maxRootFields: number;
  readonly maxFields: number;
};

/** Judges documents by their text alone, each once. */
export type DocumentRules = {
  readonly validationRule: ValidationRule;
  /** What a document that passed has too much of, by limits that are not enforced. */
  tolerated(document: DocumentNode): readonly Excess[];
};

/**
 * Refuses what the text of a document alone can break. GraphQL's own rules then see an empty document: one of them
 * exhausts the stack on circles of fragments and takes long on what is too large.
 */
export function createDocumentRules(limits: DocumentLimits, isEnforced: (limit: Limit) => boolean): DocumentRules {
  const tolerated = new WeakMap<DocumentNode, readonly Excess[]>();
  return {
    validationRule(context) {
      const { refusals, excesses } = judge(context, limits, isEnforced);
      for (const refusal of refusals) context.reportError(refusal);
      if (refusals.length > 0) return { Document: () => ({ kind: Kind.DOCUMENT, definitions: [] }) };
      if (excesses.length > 0) tolerated.set(context.getDocument(), excesses);
      return {};
    },
    tolerated: (document) => tolerated.get(document) ?? [],
  };
}

type Judgement = { readonly refusals: readonly GraphQLError[]; readonly excesses: readonly Excess[] };

function judge(context: ValidationContext, limits: DocumentLimits, isEnforced: (limit: Limit) => boolean): Judgement {
  const document = context.getDocument();
  const excesses: Excess[] = [];
  for (const excess of excessesOf(document, limits)) {
    if (isEnforced(excess.limit)) {
      const { error } = excess;
      return { refusals: [new GraphQLError(error.message, { originalError: error })], excesses: [] };
    }
    excesses.push(excess);
  }
  if (documentShape(document).expandable) return { refusals: [], excesses };
  const rules = [KnownFragmentNamesRule, NoFragmentCyclesRule];
  return { refusals: validate(context.getSchema(), document, rules, { maxErrors: 5 }), excesses };
}

/** In order: nothing that walks expanded fragments runs before their count. */
function* excessesOf(document: DocumentNode, limits: DocumentLimits): Generator<Excess> {
  const { selections, aliases, directives, rootFields, fields, expandable } = documentShape(document);
  const found = [
    excessOf('selections', [selections, limits.maxSelections]),
    excessOf('aliases', [aliases, limits.maxAliases]),
    excessOf('directives', [directives, limits.maxDirectives]),
    excessOf('rootFields', [rootFields, limits.maxRootFields]),
    excessOf('fields', [fields, limits.maxFields]),
  ];
  for (const excess of found) if (excess) yield excess;
  // Unknown and circular fragments are refused by themselves.
  const depth = expandable ? excessOf('depth', [operationDepth(document), limits.maxDepth]) : undefined;
  if (depth) yield depth;
}
