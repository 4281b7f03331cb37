import type { UserIdentity } from '@nova/runtime';
import { subgraphClient } from './graphql-client.ts';
import { userIdentity } from './identities.ts';
import type { TestSubgraphs } from './subgraphs.ts';

/** Registers an account through identity; who is signed in with it. */
export async function registerAccount(
  { identity, keys }: Pick<TestSubgraphs, 'identity' | 'keys'>,
  username: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<UserIdentity> {
  const input = { email: `${username}@nova.test`, username, password: 'correct horse battery' };
  const { data } = await subgraphClient(identity.graphqlUrl, keys)(
    'mutation ($input: RegisterInput!) { register(input: $input) { account { id } } }',
    { variables: { input }, headers },
  );
  return userIdentity(data.register.account.id);
}
