import { AppError } from '@nova/errors';
import { type Manifest, type PersistedOperation, sha256 } from './manifest.ts';

/** How the operation of a request was found, or why not. */
export type PersistedVerdict = 'id' | 'text' | 'unknown-id' | 'text-refused' | 'mismatch';

export type DocumentRequest = {
  readonly query: string | undefined;
  /** Ids in the request, of any form. */
  readonly ids: readonly string[];
};

/** The text to run; `operation` is set when it is one of the manifest. */
export type ResolvedDocument = { readonly query: string; readonly operation?: PersistedOperation };

export type DocumentResolver = (request: DocumentRequest) => ResolvedDocument;

/** Applies the policy. Under `id-only` a text is refused before anything looks into it. */
export function createDocumentResolver(options: {
  policy: 'open' | 'id-only';
  manifest: () => Manifest;
  observe(verdict: PersistedVerdict): void;
}): DocumentResolver {
  const { policy, manifest, observe } = options;
  return ({ query, ids }) => {
    const [id] = ids.map(plainId);
    if (ids.some((other) => plainId(other) !== id)) {
      observe('mismatch');
      throw new AppError('BAD_REQUEST', 'documentId and extensions.persistedQuery name different operations.');
    }
    if (id === undefined) {
      if (query === undefined) throw new AppError('MISSING_QUERY', 'Send a query, or the id of a persisted one.');
      if (policy === 'id-only') {
        observe('text-refused');
        throw new AppError('PERSISTED_QUERY_REQUIRED', 'This gateway runs persisted operations only: send documentId.');
      }
      observe('text');
      return { query };
    }
    if (query !== undefined && sha256(query) !== id) {
      observe('mismatch');
      throw new AppError('BAD_REQUEST', 'The query is not the text that its id stands for.');
    }
    const operation = manifest().get(id);
    if (operation) {
      observe('id');
      return { query: operation.body, operation };
    }
    if (query !== undefined && policy === 'open') {
      observe('text');
      return { query };
    }
    observe('unknown-id');
    throw new AppError('PERSISTED_QUERY_NOT_FOUND', 'No persisted operation has this id; is the manifest deployed?');
  };
}

function plainId(id: string): string {
  return id.replace(/^sha256:/, '').toLowerCase();
}
