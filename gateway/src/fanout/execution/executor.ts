import { AppError } from '@nova/errors';
import { clientName, type QueryPlan } from '@nova/federation';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import type { FanoutScope } from '../fanout-context.ts';
import type { CallSubgraph } from '../subgraph-call.ts';
import { type CompiledPlan, compilePlan } from './compile-plan.ts';
import { createIntrospect } from './introspection.ts';
import { createRememberedShapes } from './remembered-shapes.ts';
import { ResponseData } from './response-data.ts';
import type { ShapeInput } from './response-shape.ts';
import { type PlanRun, runPlan } from './run-plan.ts';
import { createIsOfType, type IsOfType } from './types-of-data.ts';
import { type BrokenPromise, writeResponse } from './write-response.ts';

export type Execution = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly plan: QueryPlan;
  readonly scope: FanoutScope;
};

export type ExecutionResult = { readonly data: ResponseData; readonly errors?: readonly GraphQLError[] };

export type Execute = (execution: Execution) => Promise<ExecutionResult>;

export type Executor = {
  /** A schema is served from now on; `supergraph` has the types hidden from clients as well. */
  serve(schema: GraphQLSchema, supergraph: GraphQLSchema): void;
  readonly execute: Execute;
};

const maxErrors = 100;

/** Runs query plans: what a plan and an operation decide is worked out once for each. */
export function createExecutor(options: {
  call: CallSubgraph;
  /** For the shapes of answers. */
  shapeBytes: number;
}): Executor {
  const { call, shapeBytes } = options;
  const typesBySchema = new WeakMap<GraphQLSchema, IsOfType>();
  const compiled = new WeakMap<QueryPlan, CompiledPlan>();
  const shapes = createRememberedShapes(shapeBytes);

  const compiledPlan = (plan: QueryPlan, schema: GraphQLSchema): CompiledPlan => {
    const known = compiled.get(plan);
    if (known) return known;
    const isOfType = typesBySchema.get(schema);
    if (!isOfType) throw new Error('The schema is not one that is served.');
    const made = compilePlan(plan, isOfType);
    compiled.set(plan, made);
    return made;
  };

  return {
    serve(schema, supergraph) {
      shapes.clear();
      typesBySchema.set(schema, createIsOfType(supergraph));
    },
    async execute(execution) {
      const { variables, scope } = execution;
      const conditions = conditionsOf(execution);
      const errors: GraphQLError[] = [];
      const note = (error: GraphQLError) => {
        if (errors.length < maxErrors) errors.push(error);
      };
      const run: PlanRun = {
        variables,
        conditions,
        send(fetch, values) {
          const { subgraph, operation, operationName, operationKind } = fetch;
          const entities = fetch.kind === 'entities' ? fetch.parts : undefined;
          const request = { query: operation, operationName, variables: values, kind: operationKind, entities };
          return call(subgraph, request, scope);
        },
        told: (subgraph, { message, path, extensions, failure: cause }) =>
          note(
            new GraphQLError(message, {
              path: path?.map(clientName),
              extensions: { ...extensions, serviceName: subgraph },
              originalError: cause instanceof Error ? cause : undefined,
            }),
          ),
        failed: (error, path) => note(failure(error, path?.map(clientName))),
      };
      const merged = await runPlan(compiledPlan(execution.plan, execution.schema), run);
      const { text, hasData, broken } = shapes.use(shapeInput(execution, conditions), (shape) =>
        writeResponse(shape, merged, createIntrospect(execution)),
      );
      // What a subgraph said explains its nulls.
      if (errors.length === 0) errors.push(...broken.slice(0, maxBroken).map(brokenPromise));
      return { data: new ResponseData({ text, hasData }), ...(errors.length > 0 && { errors }) };
    },
  };
}

type Conditions = Readonly<Record<string, boolean>>;

/** What is remembered holds on to nothing else of the request. */
function shapeInput({ schema, document, operation }: Execution, conditions: Conditions): ShapeInput {
  return { schema, document, operation, conditions };
}

const maxBroken = 10;

/** All that @skip and @include can look at. */
function conditionsOf({ operation, variables }: Execution): Conditions {
  // Without a prototype a variable may have any name.
  const conditions: Record<string, boolean> = Object.create(null);
  for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
    if (nameOf(type) !== 'Boolean') continue;
    const name = variable.name.value;
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    conditions[name] = (given ?? (defaultValue && valueFromASTUntyped(defaultValue))) === true;
  }
  return conditions;
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

function failure(error: unknown, path: ReadonlyArray<string | number> | undefined): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { path, originalError });
}

function brokenPromise({ message, path }: BrokenPromise): GraphQLError {
  const originalError = new AppError(
    'INTERNAL_ERROR',
    'A service left out a value that the schema says is never null.',
    {
      cause: message,
    },
  );
  return new GraphQLError(originalError.message, { path, originalError });
}
