import type { ApolloGateway } from '@apollo/gateway';
import type { ApolloServerOptionsWithGateway, BaseContext } from '@apollo/server';
import type { Fanout } from '../fanout/fanout.ts';
import type { GatewayContext } from './request-scope.ts';

type ServedGateway = ApolloServerOptionsWithGateway<BaseContext>['gateway'];
type LoadedGateway = Awaited<ReturnType<ServedGateway['load']>>;

/** @apollo/gateway for everything but execution: it watches and checks the supergraph, the fan-out runs the plans. */
export function withFanout(gateway: ApolloGateway, fanout: Pick<Fanout, 'serve' | 'execute'>): ServedGateway {
  // Before Apollo Server's listener: no request meets a schema that the fan-out does not know.
  gateway.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => fanout.serve(apiSchema, coreSupergraphSdl));
  return {
    onSchemaLoadOrUpdate: (callback) => gateway.onSchemaLoadOrUpdate(callback),
    stop: () => gateway.stop(),
    async load(options): Promise<LoadedGateway> {
      await gateway.load(options);
      return {
        async executor({ schema, document, operation, request, context }) {
          const { request: scope } = context as GatewayContext;
          const { plan } = scope.operation;
          if (!plan) throw new Error('The operation was not planned.');
          const { data, errors } = await fanout.execute({
            schema,
            document,
            operation,
            variables: request.variables ?? {},
            plan,
            scope,
          });
          // Apollo hands the data on as it is; it is text already.
          return { data: data as unknown as Record<string, unknown>, errors };
        },
      };
    },
  };
}
