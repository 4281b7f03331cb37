/** Ends an exhaustive switch: the compiler refuses a case that was forgotten. */
export class UnreachableCaseError extends Error {
  override readonly name = 'UnreachableCaseError';

  constructor(value: never) {
    super(`Unreachable case: ${String(value)}`);
  }
}
