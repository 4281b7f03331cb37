import { AppError } from '@nova/errors';
import { rootFieldCounts } from '@nova/federation';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import { checkKey, fingerprintOf, scopeOf } from './key.ts';
import type { Begun, IdempotencyStore, StoredAnswer } from './store.ts';

export type IdempotencyOptions = {
  /** Whether a mutation without a key is refused. */
  readonly isRequired: boolean;
  /** Root fields that answer with credentials: what they answer is never stored. */
  readonly exemptFields: ReadonlySet<string>;
};

export type IdempotencyEvents = {
  /** `first`: nobody sent the key before; `unguarded`: the store did not answer. */
  claimed(verdict: 'first' | 'replayed' | 'running' | 'reused' | 'unguarded'): void;
  storeFailed(command: 'begin' | 'finish' | 'release'): void;
};

/** A mutation with what came with it. */
export type MutationRequest = {
  /** As the client sent it. */
  readonly key: string | undefined;
  readonly userId: string | undefined;
  readonly clientAddress: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly queryHash: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** How long the request may still run. */
  readonly remainingMs: number;
};

/** What a key means for the request that it came with. */
export type Claim = {
  /** What subgraphs are told of the key. */
  readonly forwarded?: string;
  /** The answer of the first request: there is nothing left to do. */
  readonly earlier?: StoredAnswer;
  /** Where this is the first request: keeps its answer or, without one, lets the next request try. Never rejects. */
  readonly settle?: (answer: StoredAnswer | undefined) => Promise<void>;
};

export type Idempotency = {
  /**
   * Throws IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_REUSED or IDEMPOTENT_REQUEST_RUNNING.
   * While the store is away requests go on without it: the subgraphs see to it that an effect happens once.
   */
  claim(request: MutationRequest): Promise<Claim>;
};

/** The lease outlives the request, so that it only ends by itself when the gateway died. */
const leaseMarginMs = 5_000;
/** Larger answers are not worth their memory: the subgraphs give them again. */
const maxAnswerBytes = 1_048_576;

export function createIdempotency(
  options: IdempotencyOptions & { store: IdempotencyStore; events: IdempotencyEvents },
): Idempotency {
  const { store, events } = options;

  const begin = async (scope: string, fingerprint: string, leaseMs: number): Promise<Begun | undefined> => {
    try {
      return await store.begin(scope, fingerprint, leaseMs);
    } catch {
      events.storeFailed('begin');
      return undefined;
    }
  };

  const settler = (scope: string, token: string) => async (answer: StoredAnswer | undefined) => {
    const isKept = answer !== undefined && Buffer.byteLength(answer.body) <= maxAnswerBytes;
    try {
      await (isKept ? store.finish(scope, token, answer) : store.release(scope, token));
    } catch {
      events.storeFailed(isKept ? 'finish' : 'release');
    }
  };

  return {
    async claim(request) {
      const { key, userId, clientAddress } = request;
      const fields = new Set(rootFieldCounts(request.operation, request.document).keys());
      fields.delete('__typename');
      const others = fields.difference(options.exemptFields);
      if (others.size === 0) return {};
      if (key === undefined) {
        if (options.isRequired) throw keyRequired();
        return {};
      }
      checkKey(key);
      const scope = scopeOf(key, { userId, address: clientAddress });
      const fingerprint = fingerprintOf(request);
      const forwarded = `${scope}:${fingerprint}`;
      if (others.size < fields.size) return { forwarded };
      const begun = await begin(scope, fingerprint, request.remainingMs + leaseMarginMs);
      events.claimed(begun ? verdicts[begun.kind] : 'unguarded');
      switch (begun?.kind) {
        case undefined:
          return { forwarded };
        case 'begun':
          return { forwarded, settle: settler(scope, begun.token) };
        case 'done':
          return { earlier: begun.answer };
        case 'running':
          throw stillRunning();
        case 'reused':
          throw keyReused();
      }
    },
  };
}

const verdicts = { begun: 'first', done: 'replayed', running: 'running', reused: 'reused' } as const;

function keyRequired(): AppError {
  return new AppError(
    'IDEMPOTENCY_KEY_REQUIRED',
    'Send X-Idempotency-Key with a mutation: a new one for each thing to be done, the same one when it is tried again.',
  );
}

function stillRunning(): AppError {
  return new AppError('IDEMPOTENT_REQUEST_RUNNING', 'The first request with this key is still running; ask again.');
}

function keyReused(): AppError {
  return new AppError('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was sent with another request; take a new one.');
}
