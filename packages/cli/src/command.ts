/** Where a command writes what it did and what went wrong. */
export type Output = { log(line: string): void; error(line: string): void };

export type CommandInput = {
  /** What follows the command's name. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
};

/** Resolves to the exit code; throws `UsageError` for arguments it does not understand. */
export type Command = { readonly usage?: string; readonly help: string; run(input: CommandInput): Promise<number> };

/** Arguments that a command does not understand: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
