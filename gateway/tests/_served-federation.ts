import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { openSupergraph, planOperation } from '@nova/federation';
import { composeSupergraph } from '@nova/registry';
import { anonymous, createLogger, StopStack } from '@nova/runtime';
import {
  buildASTSchema,
  buildSchema,
  type GraphQLSchema,
  getOperationAST,
  graphql,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { readEnv, toConfig } from '../src/config.ts';
import { createExecutor } from '../src/fanout/execution/executor.ts';
import type { FanoutScope } from '../src/fanout/fanout-context.ts';
import { createGateway } from '../src/gateway.ts';
import { createFederationData } from './_federation-data.ts';
import type { SubgraphSdl } from './_federation-facts.ts';
import type { RandomOperation } from './_random-operation.ts';
import { serveSubgraph } from './_subgraphs.ts';
import type { Surroundings } from './_surroundings.ts';
import { send } from './_world.ts';

/** What counts of an answer: errors that explain the same nulls are worded differently. */
export type Comparable = { readonly data: unknown; readonly fails: boolean };

export type Federation = {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly ask: (operation: RandomOperation) => Promise<Comparable>;
  readonly askOneServer: (operation: RandomOperation) => Promise<Comparable>;
};

export type ServedFederation = Federation & { stop(): Promise<void> };

function composed(subgraphs: readonly SubgraphSdl[]) {
  const result = composeSupergraph(subgraphs.map((subgraph) => ({ ...subgraph, url: 'http://127.0.0.1:1' })));
  if (result.kind === 'failed') return undefined;
  const { apiSdl, supergraphSdl } = result;
  const data = createFederationData({ subgraphs, apiSdl, supergraphSdl });
  return {
    supergraphSdl,
    schema: buildSchema(apiSdl),
    resolvers: data.resolvers,
    async askOneServer({ query, variables }: RandomOperation): Promise<Comparable> {
      const answer = await data.askOneServer(query, variables);
      return { data: asJson(answer.data), fails: answer.errors !== undefined };
    },
  };
}

const asJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/**
 * The gateway's planner and executor over subgraphs with made-up data, in this thread: a gateway for each graph would take
 * longer to start than all its operations. Undefined when the subgraphs do not compose.
 */
export function openFederation(subgraphs: readonly SubgraphSdl[]): Federation | undefined {
  const federation = composed(subgraphs);
  if (!federation) return undefined;
  const { schema, supergraphSdl, resolvers, askOneServer } = federation;
  const opened = openSupergraph(supergraphSdl);
  const schemas = new Map(
    subgraphs.map(({ name, sdl }) => [
      name,
      buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers(name) }]),
    ]),
  );
  const executor = createExecutor({
    shapeBytes: 1_048_576,
    async call(name, { query: source, variables }) {
      const subgraph = schemas.get(name) as GraphQLSchema;
      const { data, errors } = await graphql({
        schema: subgraph,
        source,
        variableValues: asJson(variables) as Record<string, unknown>,
      });
      return asJson({ data, ...(errors && { errors: errors.map((error) => error.toJSON()) }) }) as object;
    },
  });
  executor.serve(schema, buildASTSchema(parse(supergraphSdl), { assumeValidSDL: true }));
  return {
    schema,
    askOneServer,
    async ask({ query, variables }) {
      const document = parse(query);
      const operation = getOperationAST(document) as OperationDefinitionNode;
      const plan = asJson(planOperation(opened, { query })) as ReturnType<typeof planOperation>;
      const scope = {} as FanoutScope;
      const { data, errors } = await executor.execute({ schema, document, operation, variables, plan, scope });
      return { data: JSON.parse(data.text), fails: errors !== undefined };
    },
  };
}

/** What a stranger may not ask is another test's. */
const noLimits = {
  MAX_ALIASES: '1000',
  MAX_COMPLEXITY: '1000000',
  MAX_DEPTH: '50',
  MAX_DIRECTIVES: '1000',
  MAX_EVENT_LOOP_LAG_MS: '60000',
  MAX_FETCHES: '1000',
  MAX_FIELDS: '1000',
  MAX_SELECTIONS: '10000',
  MAX_WAVES: '100',
  PLAN_TIMEOUT_MS: '20000',
};

/** The same behind a gateway of its own, through HTTP. */
export async function serveFederation(
  subgraphs: readonly SubgraphSdl[],
  { env, directory }: Pick<Surroundings, 'env' | 'directory'>,
): Promise<ServedFederation | undefined> {
  const federation = composed(subgraphs);
  if (!federation) return undefined;
  const { schema, supergraphSdl, resolvers, askOneServer } = federation;
  const stack = new StopStack();
  const urls: string[] = [];
  for (const { name, sdl } of subgraphs) {
    const server = await serveSubgraph({ sdl, resolvers: resolvers(name), verifyIdentity: async () => anonymous });
    stack.add(name, () => server.kill());
    urls.push(`${name}=${server.url}`);
  }
  const file = join(directory, 'made-up.graphql');
  await writeFile(file, supergraphSdl);
  const log = createLogger({ service: 'test', level: 'silent' });
  const settings = { ...env, ...noLimits, SUPERGRAPH_FILE: file, SUBGRAPH_URLS: urls.join(',') };
  const gateway = await createGateway(toConfig(readEnv(settings)), { log });
  stack.add('gateway', () => gateway.stop());
  const headers = { 'content-type': 'application/json' };
  return {
    schema,
    askOneServer,
    async ask(operation) {
      const { body } = await send(`${gateway.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify(operation),
      });
      return { data: body.data, fails: body.errors !== undefined };
    },
    stop: () => stack.stop(),
  };
}
