/** Why a consumer set a record aside. */
export const deadLetterCauses = [
  /** Not an envelope, or a payload that is not its message. */
  'MALFORMED',
  /** No proto of this build has the event type. */
  'UNKNOWN_TYPE',
  /** This build knows the type, but not this version of it. */
  'UNKNOWN_VERSION',
  /** The handler refused or failed, as often as it was tried. */
  'FAILED',
  /** An earlier event of the same key waits. */
  'KEY_PARKED',
] as const;

export type DeadLetterCause = (typeof deadLetterCauses)[number];

/** A record that no later try can mend. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly code: DeadLetterCause;

  constructor(code: DeadLetterCause, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
