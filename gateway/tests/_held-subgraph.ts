import type { ServerResponse } from 'node:http';
import { headerNames } from '@nova/runtime';
import { decodeJwt } from 'jose';
import type { ReceivedCall, TestSubgraph } from './_subgraphs.ts';

/** A query that waits for its answer. */
export type HeldCall = {
  readonly call: ReceivedCall;
  /** What the signed identity says that came with it. */
  readonly viewer: string;
  /** Of all queries it was this one. */
  readonly number: number;
  answer(body: object, headers?: Readonly<Record<string, string>>): void;
  readonly isOver: boolean;
};

export function viewerOf(sub: unknown, sid: unknown, permissions: unknown): string {
  return sub === undefined ? 'nobody' : JSON.stringify([sub, sid, permissions]);
}

/** Has the subgraph keep every query until the test answers it; mutations are answered with `mutated` at once. */
export function holdQueries(subgraph: TestSubgraph, mutated: object = {}): HeldCall[] {
  const held: HeldCall[] = [];
  subgraph.misbehave((_request, response) => {
    const call = subgraph.calls.at(-1) as ReceivedCall;
    const answer = (body: object, headers = {}) => send(response, body, headers);
    if (call.query.startsWith('mutation')) {
      answer({ data: mutated });
      return;
    }
    const { sub, sid, permissions } = decodeJwt(String(call.headers[headerNames.identity]));
    held.push({
      call,
      viewer: viewerOf(sub, sid, permissions),
      number: held.length,
      answer,
      get isOver() {
        return response.destroyed || response.writableEnded;
      },
    });
  });
  return held;
}

function send(response: ServerResponse, body: object, headers: Readonly<Record<string, string>>): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
