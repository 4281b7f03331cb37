import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify from 'fastify';

/**
 * @apollo/gateway as its documentation sets it up: stock data source, stock Apollo Server, its own Fastify integration.
 * It forwards one identity, made beforehand, because the subgraphs refuse calls without.
 */
const { PORT, SUPERGRAPH_FILE, SUBGRAPH_URLS, IDENTITY } = process.env;
const urls = new Map(SUBGRAPH_URLS.split(',').map((pair) => pair.split('=')));

class IdentifiedDataSource extends RemoteGraphQLDataSource {
  willSendRequest({ request }) {
    request.http.headers.set('x-nova-identity', IDENTITY);
  }
}

const gateway = new ApolloGateway({
  // It refuses a supergraph with directives that it does not enforce itself, unless they are not marked.
  supergraphSdl: readFileSync(SUPERGRAPH_FILE, 'utf8').replaceAll(', for: SECURITY', ''),
  buildService: ({ name, url }) => new IdentifiedDataSource({ url: urls.get(name) ?? url }),
});
const fastify = Fastify();
const apollo = new ApolloServer({ gateway, plugins: [fastifyApolloDrainPlugin(fastify)] });
await apollo.start();
await fastify.register(fastifyApollo(apollo));
await fastify.listen({ host: '127.0.0.1', port: Number(PORT) });

process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
process.send({ type: 'ready' });
