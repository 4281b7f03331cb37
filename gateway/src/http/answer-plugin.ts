import type { ApolloServerPlugin } from '@apollo/server';
import { AppError } from '@nova/errors';
import { GraphQLError } from 'graphql';
import { ResponseData } from '../fanout/execution/response-data.ts';
import type { ToClientError } from './client-error.ts';
import type { GatewayContext } from './request-scope.ts';

const maxBrokenPromises = 10;

/** Notes on the request's scope what became of its operation, and names nulls that nobody explained. */
export function answerPlugin(toClientError: ToClientError): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ contextValue, operationName }) {
          contextValue.request.operation.name ??= operationName ?? undefined;
        },
        async executionDidStart({ contextValue }) {
          contextValue.request.operation.executed = true;
        },
        async willSendResponse({ contextValue: { request }, response: { body } }) {
          if (body.kind !== 'single') return;
          const { singleResult } = body;
          const { data } = singleResult as { data?: unknown };
          request.operation.hasData =
            data instanceof ResponseData ? data.hasData : Object.values(data ?? {}).some((value) => value !== null);
          if (data instanceof ResponseData && data.isSentEncoded && !singleResult.errors && !singleResult.extensions)
            request.answer.body = data.encoded();
          // @apollo/gateway hides it in an extension when a subgraph left out what the schema says is never null.
          const broken = singleResult.extensions?.valueCompletion;
          if (!Array.isArray(broken)) return;
          delete singleResult.extensions;
          singleResult.errors = broken.slice(0, maxBrokenPromises).map((error) => {
            const shown = toClientError(brokenPromise(error), request.correlationId);
            request.errorCodes.push(shown.extensions.code);
            return shown;
          });
        },
      };
    },
  };
}

function brokenPromise(error: { message?: string; path?: Array<string | number> }): GraphQLError {
  const message = 'A service left out a value that the schema says is never null.';
  return new GraphQLError(message, {
    path: error.path,
    originalError: new AppError('INTERNAL_ERROR', message, { cause: error.message }),
  });
}
