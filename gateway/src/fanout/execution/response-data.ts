/** The data of an answer as JSON text already, so that nobody has to build and print it again. */
export class ResponseData {
  readonly text: string;
  /** Whether a root field is not null. */
  readonly hasData: boolean;

  /** Whether several requests are answered with it. */
  isShared = false;
  #encoded: Buffer | undefined;

  constructor({ text, hasData }: { text: string; hasData: boolean }) {
    this.text = text;
    this.hasData = hasData;
  }

  /** Whether it is better sent as bytes: for all who share it, and when it is long, Node would go through the text twice. */
  get isSentEncoded(): boolean {
    return this.isShared || this.text.length > longText;
  }

  /** The whole answer when there is nothing but data, encoded once for all who share it. */
  encoded(): Buffer {
    this.#encoded ??= Buffer.from(answerText({ data: this }));
    return this.#encoded;
  }
}

/** Characters. */
const longText = 8_192;

type Result = { readonly data?: unknown; readonly errors?: unknown; readonly extensions?: unknown };

/** JSON of a whole answer, a line of its own for who reads it in a terminal. */
export function answerText({ data, errors, extensions }: Result): string {
  if (!(data instanceof ResponseData)) return `${JSON.stringify({ errors, data, extensions })}\n`;
  const before = errors === undefined ? '' : `"errors":${JSON.stringify(errors)},`;
  const after = extensions === undefined ? '' : `,"extensions":${JSON.stringify(extensions)}`;
  return `{${before}"data":${data.text}${after}}\n`;
}
