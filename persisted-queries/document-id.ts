import type { TypedDocumentNode } from '@graphql-typed-document-node/core';

/** The id that a typed document carries; send it as `documentId`. Throws for a document that codegen did not make. */
export function documentId<Result, Variables>(document: TypedDocumentNode<Result, Variables>): string {
  const { __meta__ } = document as { __meta__?: { hash?: string } };
  if (!__meta__?.hash) throw new Error('The document carries no id; was it made by codegen from persisted-queries/?');
  return __meta__.hash;
}
