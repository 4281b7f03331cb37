import { isRecord } from '@nova/runtime';

/** The GraphQL answer of a subgraph, checked to have the form of one. */
export type SubgraphAnswer = {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: ReadonlyArray<{
    readonly message: string;
    readonly path?: Array<string | number>;
    readonly extensions?: Record<string, unknown>;
    /** What kept this part of the answer from coming, when it is not the subgraph that says so. */
    readonly failure?: unknown;
  }>;
  /** The header of that name: how long and by whom the answer may be kept. */
  readonly cacheControl?: string | undefined;
};

/** What came is not a GraphQL answer; the cause says why. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
  /** Of the HTTP answer. */
  readonly status: number;

  constructor(status: number, cause: unknown) {
    super(`The answer with status ${status} is not a GraphQL answer.`, { cause });
    this.status = status;
  }
}

/** Throws UnusableAnswer. A GraphQL answer is one whatever its HTTP status is. */
export function readSubgraphAnswer(
  text: string,
  { status, cacheControl }: { status: number; cacheControl: string | undefined },
): SubgraphAnswer {
  try {
    return parseSubgraphAnswer(text, cacheControl);
  } catch (error) {
    throw new UnusableAnswer(status, error);
  }
}

function parseSubgraphAnswer(text: string, cacheControl: string | undefined): SubgraphAnswer {
  const body: unknown = JSON.parse(text);
  if (!isRecord(body)) throw new Error('The answer is not an object.');
  const { data, errors } = body;
  if (data !== undefined && data !== null && !isRecord(data)) throw new Error('The data is not an object.');
  if (errors !== undefined && !(Array.isArray(errors) && errors.every(isSubgraphError)))
    throw new Error('The errors are not a list of errors.');
  if (data === undefined && errors === undefined) throw new Error('The answer has neither data nor errors.');
  return { data, errors, cacheControl } as SubgraphAnswer;
}

function isSubgraphError(value: unknown): boolean {
  if (!isRecord(value) || typeof value.message !== 'string') return false;
  const { path, extensions } = value;
  return (path === undefined || Array.isArray(path)) && (extensions === undefined || isRecord(extensions));
}
