import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from '../packages/errors/src/index.ts';
import { clientNames } from '../persisted-queries/clients.ts';
import { root } from './run-step.ts';

/** Writes the closed error list for each client, next to the documents that codegen has typed for it. */
export function writeClientErrors(): void {
  for (const client of clientNames())
    writeFileSync(join(root, 'persisted-queries/gen', client, 'errors.ts'), clientErrors());
}

function clientErrors(): string {
  const codes = Object.entries(errorCodes).map(
    ([code, { meaning, retryable }]) =>
      `  /** ${meaning}${retryable ? ' The same request may succeed a little later.' : ''} */\n  | '${code}'`,
  );
  return `/** Made from packages/errors by "npm run codegen". */

/** The closed list of codes. A gateway that is newer than this file may have more: keep a branch for the rest. */
export type NovaErrorCode =
${codes.join('\n')};

/** One entry of \`errors\` in an answer. */
export type NovaError<Code extends NovaErrorCode = NovaErrorCode> = {
  readonly message: string;
  /** The field that is null because of it. */
  readonly path?: ReadonlyArray<string | number>;
  readonly extensions: {
    readonly code: Code;
    /** Whether the same request, sent again a little later, may succeed. */
    readonly retryable: boolean;
    /** Finds the request in the logs of every service. */
    readonly requestId: string;
    /** The figures that it is about. */
    readonly [detail: string]: unknown;
  };
};

/** The answer to an operation; \`data\` may be there beside errors. */
export type NovaAnswer<Data> = { readonly data?: Data | null; readonly errors?: readonly NovaError[] };

/** Whether something is Nova's error with this very code. */
export function isNovaError<Code extends NovaErrorCode>(error: unknown, code: Code): error is NovaError<Code> {
  return (error as Partial<NovaError> | null | undefined)?.extensions?.code === code;
}
`;
}
