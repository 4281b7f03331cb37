/** The data of an answer as JSON text already, so that nobody has to build and print it again. */
export class ResponseData {
  readonly text: string;
  /** Whether a root field is not null. */
  readonly hasData: boolean;

  constructor({ text, hasData }: { text: string; hasData: boolean }) {
    this.text = text;
    this.hasData = hasData;
  }
}

type Result = { readonly data?: unknown; readonly errors?: unknown; readonly extensions?: unknown };

/** JSON of a whole answer, a line of its own for who reads it in a terminal. */
export function answerText({ data, errors, extensions }: Result): string {
  if (!(data instanceof ResponseData)) return `${JSON.stringify({ errors, data, extensions })}\n`;
  const before = errors === undefined ? '' : `"errors":${JSON.stringify(errors)},`;
  const after = extensions === undefined ? '' : `,"extensions":${JSON.stringify(extensions)}`;
  return `{${before}"data":${data.text}${after}}\n`;
}
