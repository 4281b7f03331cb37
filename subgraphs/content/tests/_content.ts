import { openDatabase } from '@nova/postgres';
import { createLogger, type Identity } from '@nova/runtime';
import { startSubgraphs, subgraphClient, type TestSubgraphs, userIdentity } from '@nova/testkit';
import type { Tables } from '../src/db/tables.ts';

/** Content behind its real door, an account to write with, and the database it writes to. */
export async function startContent() {
  const subgraphs = await startSubgraphs();
  const database = openDatabase<Tables>({
    url: subgraphs.database.urlFor('content'),
    poolMax: 2,
    applicationName: 'test',
    log: createLogger({ service: 'test', level: 'silent' }),
  });
  return {
    ...subgraphs,
    db: database.db,
    send: subgraphClient(subgraphs.content.graphqlUrl, subgraphs.keys),
    author: await registered(subgraphs, 'ada'),
    async stop() {
      await database.stop();
      await subgraphs.stop();
    },
  };
}

/** Registers an account through identity and returns it as a request's identity. */
export async function registered(subgraphs: TestSubgraphs, username: string): Promise<Identity & { userId: string }> {
  const send = subgraphClient(subgraphs.identity.graphqlUrl, subgraphs.keys);
  const answer = await send(`mutation ($input: RegisterInput!) { register(input: $input) { account { id } } }`, {
    variables: { input: { email: `${username}@nova.test`, username, password: 'correct horse battery' } },
  });
  const userId: string = answer.data.register.account.id;
  return { ...userIdentity(userId), userId } as Identity & { userId: string };
}
