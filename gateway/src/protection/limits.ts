import { AppError, type ErrorCode } from '@nova/errors';

/** What becomes of an operation over a limit: counted, counted and logged, or refused. */
export const limitModes = ['measure', 'warn', 'enforce'] as const;
export type LimitMode = (typeof limitModes)[number];

/** Limits that may be measured first. What protects the gateway itself (tokens, expanded selections, the body) is always enforced. */
export const measurableLimits = [
  'aliases',
  'directives',
  'rootFields',
  'fields',
  'depth',
  'complexity',
  'fetches',
  'waves',
  'rpcCalls',
  'entities',
] as const;
export type MeasurableLimit = (typeof measurableLimits)[number];

export type Limit = 'selections' | MeasurableLimit;

/** An operation has more of something than it may. */
export type Excess = {
  readonly limit: Limit;
  readonly figure: number;
  readonly allowed: number;
  /** The error that says so. */
  readonly error: AppError;
};

const texts: Readonly<Record<Limit, { readonly code: ErrorCode; readonly text: (figure: number) => string }>> = {
  selections: {
    code: 'SELECTION_LIMIT_EXCEEDED',
    text: (figure) => `With its fragments written out the operation has ${figure} selections`,
  },
  aliases: { code: 'ALIAS_LIMIT_EXCEEDED', text: (figure) => `The document has ${figure} aliases` },
  directives: { code: 'DIRECTIVE_LIMIT_EXCEEDED', text: (figure) => `The document has ${figure} directives` },
  rootFields: { code: 'ROOT_FIELD_LIMIT_EXCEEDED', text: (figure) => `The operation has ${figure} root fields` },
  fields: { code: 'FIELD_LIMIT_EXCEEDED', text: (figure) => `A selection set of the document has ${figure} fields` },
  depth: { code: 'DEPTH_LIMIT_EXCEEDED', text: (figure) => `The operation nests ${figure} levels` },
  fetches: { code: 'FETCH_LIMIT_EXCEEDED', text: (figure) => `The operation takes ${figure} calls to subgraphs` },
  waves: {
    code: 'WAVE_LIMIT_EXCEEDED',
    text: (figure) => `Of the calls to subgraphs that the operation takes, ${figure} wait for one another`,
  },
  rpcCalls: {
    code: 'RPC_LIMIT_EXCEEDED',
    text: (figure) => `For the operation ${figure} gRPC calls were made between services`,
  },
  entities: {
    code: 'ENTITY_LIMIT_EXCEEDED',
    text: (figure) => `The operation asks subgraphs for ${figure} entities by reference`,
  },
  complexity: { code: 'COMPLEXITY_LIMIT_EXCEEDED', text: (figure) => `The operation may cost ${figure}` },
};

/** The name of the figure in the error's details, where it is not that of the limit. */
const figureNames: Partial<Record<Limit, string>> = { complexity: 'cost' };

/** Undefined when the figure is within the limit. `more`: a further sentence and further details, asked for only when needed. */
export function excessOf(
  limit: Limit,
  [figure, allowed]: readonly [figure: number, allowed: number],
  more?: () => { readonly sentence: string; readonly details: Readonly<Record<string, string | number>> },
): Excess | undefined {
  if (figure <= allowed) return undefined;
  const { code, text } = texts[limit];
  const { sentence = '', details = {} } = more?.() ?? {};
  const message = `${text(figure)}; ${allowed} ${allowed === 1 ? 'is' : 'are'} allowed.${sentence}`;
  const facts = { [figureNames[limit] ?? limit]: figure, limit: allowed, ...details };
  return { limit, figure, allowed, error: new AppError(code, message, { details: facts }) };
}
