import type { ErrorCode } from '@nova/errors';
import type { Message } from './exchange.ts';

/** What may become of an input: refused with a code, answered with data, or the connection ended without a word. */
export type Outcome = ErrorCode | 'DATA' | 'NOTHING';

export type HostileInput = {
  readonly title: string;
  /** The same in other words at every run, where that is possible: what is remembered must not be measured. */
  message(run: number): Message;
  readonly outcomes: readonly Outcome[];
};

type Outcomes = Outcome | readonly Outcome[];
type Text = string | Buffer;

/** An operation like those that clients post: its text, or the members of the body. */
export function document(
  title: string,
  outcomes: Outcomes,
  sent: string | { readonly query: string; readonly operationName?: string; readonly variables?: object },
): HostileInput {
  const asked = typeof sent === 'string' ? { query: sent } : sent;
  return input(title, outcomes, (run) => post(JSON.stringify({ ...asked, query: `${asked.query} # ${run}` })));
}

/** A body, posted as JSON unless the headers say otherwise. */
export function body(
  title: string,
  outcomes: Outcomes,
  sent: Text | { readonly text: Text; readonly headers: readonly string[] },
): HostileInput {
  return input(title, outcomes, () => (isText(sent) ? post(sent) : post(sent.text, sent.headers)));
}

/** A GET that no browser could have sent across sites. */
export function get(title: string, outcomes: Outcomes, path: string): HostileInput {
  return input(title, outcomes, () => whole(`GET ${path} HTTP/1.1`, ['apollo-require-preflight: 1'], ''));
}

/** Bytes that need not be a request. Where the gateway would wait for more, the client hangs up. */
export function bytes(title: string, outcomes: Outcomes, sent: Text | { readonly unfinished: Text }): HostileInput {
  return input(title, outcomes, () =>
    isText(sent)
      ? { bytes: Buffer.from(sent as string), hangsUp: false }
      : { bytes: Buffer.from(sent.unfinished as string), hangsUp: true },
  );
}

export const json = 'content-type: application/json';

export function post(text: Text, headers: readonly string[] = [json]): Message {
  return whole('POST /graphql HTTP/1.1', [...headers, `content-length: ${Buffer.byteLength(text)}`], text);
}

export function repeat(count: number, part: (index: number) => string, separator = ' '): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(separator);
}

function whole(line: string, headers: readonly string[], text: Text): Message {
  const head = [line, 'host: nova', 'connection: close', ...headers, '', ''].join('\r\n');
  return { bytes: Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(text as string)]), hangsUp: false };
}

function input(title: string, outcomes: Outcomes, message: HostileInput['message']): HostileInput {
  return { title, outcomes: typeof outcomes === 'string' ? [outcomes] : outcomes, message };
}

function isText(value: object | string): value is Text {
  return typeof value === 'string' || Buffer.isBuffer(value);
}
