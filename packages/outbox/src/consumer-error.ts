/** Why a consumer refuses to start. */
export type ConsumerErrorCode =
  /** Two handlers for one type of event, or none at all. */
  | 'HANDLERS'
  /** A handler's topic is not among the declared ones. */
  | 'UNDECLARED_TOPIC'
  /** The inbox would forget an event that its topic can still deliver. */
  | 'INBOX_FORGETS_TOO_SOON';

export class ConsumerError extends Error {
  override readonly name = 'ConsumerError';
  readonly code: ConsumerErrorCode;

  constructor(code: ConsumerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
