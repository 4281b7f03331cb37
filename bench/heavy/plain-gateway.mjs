import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify from 'fastify';

/** @apollo/gateway as its documentation sets it up; it forwards the authorization of the request, which needs a context. */
const { PORT, SUPERGRAPH_FILE } = process.env;

class AuthorizedDataSource extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (context.authorization) request.http.headers.set('authorization', context.authorization);
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(SUPERGRAPH_FILE, 'utf8'),
  buildService: ({ url }) => new AuthorizedDataSource({ url }),
});
const fastify = Fastify();
const apollo = new ApolloServer({ gateway, plugins: [fastifyApolloDrainPlugin(fastify)] });
await apollo.start();
await fastify.register(fastifyApollo(apollo), {
  context: async ({ headers }) => ({ authorization: headers.authorization }),
});
await fastify.listen({ host: '127.0.0.1', port: Number(PORT) });

process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
process.send({ type: 'ready' });
