import { ApolloServer, type ApolloServerOptionsWithGateway, type BaseContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { Logger } from '@nova/runtime';
import type { ValidationRule } from 'graphql';
import { answerText } from '../fanout/execution/response-data.ts';
import { answerPlugin } from './answer-plugin.ts';
import type { ToClientError } from './client-error.ts';
import { createDocumentStore } from './document-store.ts';
import { type OperationStep, operationPlugin } from './operation-steps.ts';
import { planPicturePlugin } from './plan-picture.ts';
import { currentScope, type GatewayContext } from './request-scope.ts';

/** Apollo Server with everything it would tell others, show or guess switched off. */
export function createApollo(options: {
  gateway: ApolloServerOptionsWithGateway<BaseContext>['gateway'];
  log: Logger;
  toClientError: ToClientError;
  introspection: boolean;
  maxTokens: number;
  documentBytes: number;
  validationRules: ValidationRule[];
  steps: readonly OperationStep[];
}): ApolloServer<GatewayContext> {
  const documentStore = createDocumentStore(options.documentBytes);
  return new ApolloServer<GatewayContext>({
    gateway: options.gateway,
    logger: options.log,
    nodeEnv: 'production',
    introspection: options.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    documentStore,
    stringifyResult: answerText,
    parseOptions: { maxTokens: options.maxTokens },
    validationRules: options.validationRules,
    validationOptions: { maxErrors: 10 },
    formatError(_formatted, error) {
      const scope = currentScope.getStore();
      const shown = options.toClientError(error, scope?.correlationId ?? '');
      scope?.errorCodes.push(shown.extensions.code);
      return shown;
    },
    plugins: [
      // What was found valid by another schema is not asked for again.
      { serverWillStart: async () => ({ schemaDidLoadOrUpdate: () => documentStore.clear() }) },
      operationPlugin(options.steps),
      answerPlugin(options.toClientError),
      planPicturePlugin,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
