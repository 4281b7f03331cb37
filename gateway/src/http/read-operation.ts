import { AppError } from '@nova/errors';
import { isRecord } from '@nova/runtime';

/** What a request asks for, by whatever method. Its document is not looked at here. */
export type OperationRequest = {
  readonly query: string | undefined;
  /** Persisted ids, as `documentId` and as `extensions.persistedQuery.sha256Hash`. */
  readonly ids: readonly string[];
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
};

/** Deeper values could exhaust the stack where they are copied and printed. */
const maxVariableDepth = 32;
/** Texts, numbers, lists, objects and what they hold; more would take long to check and to print. */
const maxVariableValues = 10_000;

/** Reads a parsed POST body. Throws MALFORMED_JSON, MISSING_QUERY, BAD_REQUEST or BAD_USER_INPUT. */
export function readPostedOperation(body: unknown): OperationRequest {
  if (!isRecord(body)) throw new AppError('MALFORMED_JSON', 'The body must be a JSON object.');
  return toOperation(body);
}

/** Reads the parameters of a GET. Throws like `readPostedOperation`. */
export function readQueriedOperation(search: string): OperationRequest {
  const parameters = new URLSearchParams(search);
  const one = (name: string): string | undefined => {
    const values = parameters.getAll(name);
    if (values.length > 1) throw new AppError('BAD_REQUEST', `The parameter ${name} is given more than once.`);
    return values[0] === '' ? undefined : values[0];
  };
  return toOperation({
    query: one('query'),
    documentId: one('documentId'),
    operationName: one('operationName'),
    variables: jsonParameter('variables', one('variables')),
    extensions: jsonParameter('extensions', one('extensions')),
  });
}

function toOperation(body: Readonly<Record<string, unknown>>): OperationRequest {
  const variables = recordField(body, 'variables');
  if (variables) checkVariables(variables);
  const persisted = recordField(recordField(body, 'extensions') ?? {}, 'persistedQuery');
  const ids = [stringField(body, 'documentId'), stringField(persisted ?? {}, 'sha256Hash')];
  return {
    query: stringField(body, 'query') || undefined,
    ids: ids.filter((id) => id !== undefined),
    operationName: stringField(body, 'operationName') || undefined,
    variables,
  };
}

function stringField(record: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = record[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw new AppError('BAD_REQUEST', `${name} must be a string.`);
  return value;
}

function recordField(record: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> | undefined {
  const value = record[name] ?? undefined;
  if (value !== undefined && !isRecord(value)) throw new AppError('BAD_REQUEST', `${name} must be an object.`);
  return value;
}

function jsonParameter(name: string, text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    throw new AppError('MALFORMED_JSON', `The parameter ${name} is not JSON.`);
  }
}

function checkVariables(variables: Readonly<Record<string, unknown>>): void {
  let values = 0;
  const check = (value: unknown, levels: number): void => {
    values += 1;
    if (values > maxVariableValues)
      throw variablesRefused(`The variables hold more than ${maxVariableValues} values.`, maxVariableValues);
    // JSON.parse makes it of 1e999; JSON has no way to pass it on.
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new AppError('BAD_USER_INPUT', 'A number in the variables is too large.');
    if (typeof value !== 'object' || value === null) return;
    if (levels === 0)
      throw variablesRefused(`The variables nest deeper than ${maxVariableDepth} levels.`, maxVariableDepth);
    for (const name in value) check((value as Readonly<Record<string, unknown>>)[name], levels - 1);
  };
  check(variables, maxVariableDepth);
}

function variablesRefused(message: string, limit: number): AppError {
  return new AppError('BAD_USER_INPUT', message, { details: { limit } });
}
