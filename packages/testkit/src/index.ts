export { createTestDatabase, type TestDatabase } from './database.ts';
export { startFederation, type TestFederation } from './federation.ts';
export { type GraphqlAnswer, postGraphql, subgraphClient } from './graphql-client.ts';
export { createTestKeys, type TestKeys, userIdentity } from './identities.ts';
export { startRedis, type TestRedis } from './redis.ts';
export { requireService } from './services.ts';
export { statementsDuring } from './statements.ts';
export { startSubgraphs, type TestSubgraphs } from './subgraphs.ts';
