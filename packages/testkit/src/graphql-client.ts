import { anonymous, headerNames, type Identity } from '@nova/runtime';
import type { TestKeys } from './identities.ts';

export type GraphqlAnswer = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
  readonly data: any;
  readonly errors: ReadonlyArray<{
    readonly message: string;
    readonly path?: ReadonlyArray<string | number>;
    readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
  }>;
};

/** Sends operations to a subgraph the way the gateway does: with a signed identity. */
export function subgraphClient(url: string, keys: TestKeys) {
  return async (
    query: string,
    options: { variables?: object; as?: Identity; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<GraphqlAnswer> =>
    postGraphql(
      url,
      { query, variables: options.variables ?? {} },
      {
        [headerNames.identity]: await keys.sign(options.as ?? anonymous),
        ...options.headers,
      },
    );
}

/** Sends any JSON body to a GraphQL endpoint. */
export async function postGraphql(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { data?: unknown; errors?: GraphqlAnswer['errors'] };
  return { status: response.status, data: answer.data, errors: answer.errors ?? [] };
}
