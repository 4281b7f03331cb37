import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { append } from '@nova/outbox';
import { type Identity, StopStack, traceparentFrom } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import { openTestDatabase, registerAccount, startSubgraphs, subgraphClient, type TestSubgraphs } from '@nova/testkit';
import type { Tables } from '../src/db/tables.ts';
import { startSocialStandIn } from './_social.ts';

export type Person = { readonly id: string; readonly as: Identity };

/** Communication behind its real doors beside the other domains, social's service apart, and the database it writes to. */
export async function startCommunication(options: { roles?: readonly Role[]; env?: Record<string, string> } = {}) {
  const stack = new StopStack();
  const social = await startSocialStandIn();
  stack.add('social', social.stop);
  const env = { SOCIAL_GRPC_URL: social.address, ...options.env };
  const subgraphs = await startSubgraphs({ ...options, env });
  stack.add('subgraphs', subgraphs.stop);
  social.trust(subgraphs.keys.verify);
  const { db, stop } = openTestDatabase<Tables>(subgraphs.database.urlFor('communication'));
  stack.add('database', stop);
  const send = subgraphClient(subgraphs.communication.graphqlUrl, subgraphs.keys);
  return {
    subgraphs,
    social,
    db,
    send,
    person: () => registered(subgraphs),
    people: (count: number) => Promise.all(Array.from({ length: count }, () => registered(subgraphs))),
    publish: publisher(subgraphs, stack),
    ...conversing(send),
    stop: () => stack.stop(),
  };
}

export type Communication = Awaited<ReturnType<typeof startCommunication>>;

let people = 0;

/** Registers an account through identity. */
async function registered(subgraphs: TestSubgraphs): Promise<Person> {
  people += 1;
  const as = await registerAccount(subgraphs, `person_${people}`);
  return { id: as.userId, as };
}

/** Writes another domain's event into that domain's outbox, whose relay publishes it. */
function publisher(subgraphs: TestSubgraphs, stack: StopStack) {
  const databases = new Map<string, ReturnType<typeof openTestDatabase>>();
  return async <D extends DescMessage>(
    domain: 'user' | 'content' | 'social',
    schema: D,
    { key, ...message }: { key: string } & MessageInitShape<D>,
  ): Promise<void> => {
    const database = databases.get(domain) ?? openTestDatabase(subgraphs.database.urlFor(domain));
    if (!databases.has(domain)) stack.add(`database of ${domain}`, database.stop);
    databases.set(domain, database);
    const origin = { correlationId: 'a-test-of-nova', traceparent: traceparentFrom(undefined) };
    await database.db
      .transaction()
      .execute((tx) =>
        append(tx, schema, { aggregateId: key, message: message as unknown as MessageInitShape<D>, origin }),
      );
  };
}

let sent = 0;
export const base64 = (text: string) => Buffer.from(text).toString('base64');

function conversing(send: ReturnType<typeof subgraphClient>) {
  return {
    async start(viewer: Person, others: readonly Person[]) {
      const query = `mutation ($input: StartConversationInput!) { startConversation(input: $input) { conversation { id } } }`;
      const input = { participantIds: others.map(({ id }) => id) };
      const { data, errors } = await send(query, { as: viewer.as, variables: { input } });
      return { id: data?.startConversation.conversation.id as string, errors };
    },
    async say(viewer: Person, conversationId: string, input: Record<string, unknown> = {}) {
      sent += 1;
      const query = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id payload } } }`;
      const message = { conversationId, clientMessageId: `m${sent}`, payload: base64(`Said ${sent}`), ...input };
      const { data, errors } = await send(query, { as: viewer.as, variables: { input: message } });
      return {
        id: data?.sendMessage.message.id as string,
        payload: data?.sendMessage.message.payload as string,
        errors,
      };
    },
  };
}
