import { AppError } from '@nova/errors';
import type { AutomaticQueries } from './automatic-queries.ts';
import { type Manifest, type PersistedOperation, sha256 } from './manifest.ts';

/** Who may send texts: everybody, trusted clients, or nobody. Operations of the manifest are served to everybody. */
export const persistedPolicies = ['open', 'known-or-trusted-client', 'id-only'] as const;
export type PersistedPolicy = (typeof persistedPolicies)[number];

/**
 * How the operation of a request was found, or why not: by an id of the manifest; by an id that some client sent a text with
 * (`apq`); as a text that is one of the manifest (`known-text`) or is not (`text`).
 */
export type PersistedVerdict = 'id' | 'apq' | 'known-text' | 'text' | 'unknown-id' | 'text-refused' | 'mismatch';

export type DocumentRequest = {
  readonly query: string | undefined;
  /** Ids in the request, of any form. */
  readonly ids: readonly string[];
  /** Whether the client showed that it may send texts. */
  readonly isTrusted: boolean;
};

/** The text to run; `operation` is set when it is one of the manifest. */
export type ResolvedDocument = {
  readonly query: string;
  readonly verdict: PersistedVerdict;
  readonly operation?: PersistedOperation;
};

export type DocumentResolver = (request: DocumentRequest) => Promise<ResolvedDocument>;

type Options = {
  readonly policy: PersistedPolicy;
  readonly manifest: () => Manifest;
  readonly automatic: AutomaticQueries;
  observe(verdict: PersistedVerdict): void;
};

/** Applies the policy. A text that may not be sent is refused before anything looks into it. */
export function createDocumentResolver({ policy, manifest, automatic, observe }: Options): DocumentResolver {
  const refuse = (verdict: PersistedVerdict, error: AppError): never => {
    observe(verdict);
    throw error;
  };
  const find = async (request: DocumentRequest): Promise<ResolvedDocument> => {
    const { query, ids, isTrusted } = request;
    const mayText = policy === 'open' || (policy === 'known-or-trusted-client' && isTrusted);
    const id = onlyId(ids) ?? refuse('mismatch', new AppError('BAD_REQUEST', twoIds));
    if (id === none) return query === undefined ? refuseNothing() : resolveText(query, mayText);
    const operation = manifest().get(id);
    if (query !== undefined && sha256(query) !== id)
      return refuse('mismatch', new AppError('BAD_REQUEST', 'The query is not the text that its id stands for.'));
    if (operation) return { query: operation.body, verdict: 'id', operation };
    if (query !== undefined && mayText) {
      automatic.remember(id, query);
      return { query, verdict: 'text' };
    }
    const remembered = mayText ? await automatic.recall(id) : undefined;
    if (remembered !== undefined) return { query: remembered, verdict: 'apq' };
    return refuse('unknown-id', new AppError('PERSISTED_QUERY_NOT_FOUND', unknownId));
  };
  const resolveText = (query: string, mayText: boolean): ResolvedDocument => {
    const known = policy === 'id-only' ? undefined : manifest().get(sha256(query));
    if (known) return { query: known.body, verdict: 'known-text', operation: known };
    return mayText
      ? { query, verdict: 'text' }
      : refuse('text-refused', new AppError('PERSISTED_QUERY_REQUIRED', required));
  };
  return async (request) => {
    const resolved = await find(request);
    observe(resolved.verdict);
    return resolved;
  };
}

const required = 'This gateway runs persisted operations only: send documentId.';
const unknownId = 'No persisted operation has this id; is the manifest deployed?';
const twoIds = 'documentId and extensions.persistedQuery name different operations.';
const none = '';

/** The id that all forms agree on, `none` without any, undefined when they differ. */
function onlyId(ids: readonly string[]): string | undefined {
  const [id = none, ...others] = ids.map((it) => it.replace(/^sha256:/, '').toLowerCase());
  return others.every((other) => other === id) ? id : undefined;
}

function refuseNothing(): never {
  throw new AppError('MISSING_QUERY', 'Send a query, or the id of a persisted one.');
}
