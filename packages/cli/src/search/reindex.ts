import { isAppError } from '@nova/errors';
import { SearchService } from '@nova/proto/nova/search/v1/search_service_pb.js';
import { callOptions, createOwnCalls, createRpcClient } from '@nova/rpc';
import {
  ConfigError,
  commonSettings,
  correlationIdFrom,
  readKeyFile,
  readSettings,
  setting,
  traceparentFrom,
} from '@nova/runtime';
import { defaultBasePort, domainPorts } from '@nova/schema';
import { type Command, type CommandInput, UsageError } from '../command.ts';

const settings = {
  APP_ENV: commonSettings.APP_ENV,
  SEARCH_GRPC_URL: setting.string({
    default: `127.0.0.1:${domainPorts('search', defaultBasePort).grpc}`,
    description: 'host:port of the search service.',
  }),
  SERVICE_KEY_FILE: setting.string({ description: 'PEM file of the key with which services sign their own calls.' }),
};

/** A larger index than an hour builds is not rebuilt by one call. */
const timeoutMs = 60 * 60_000;
/** Documents between two lines of the output. */
const toldEvery = 10_000;

export const searchCommands: Readonly<Record<string, Command>> = {
  'search reindex': {
    help: 'build the index of people and posts anew and then put it in the place of the serving one; stopped in between, nothing changes',
    run: reindex,
  },
};

async function reindex({ args, env, output }: CommandInput): Promise<number> {
  if (args.length > 0) throw new UsageError(`This command does not take "${args[0]}".`);
  try {
    for await (const line of rebuild(env)) output.log(line);
    return 0;
  } catch (error) {
    if (!isAppError(error) && !(error instanceof ConfigError)) throw error;
    output.error(isAppError(error) ? `${error.message} (${error.code})` : error.message);
    return 1;
  }
}

async function* rebuild(env: CommandInput['env']): AsyncGenerator<string> {
  const { APP_ENV, SEARCH_GRPC_URL, SERVICE_KEY_FILE } = readSettings(settings, env);
  const serviceKey = readKeyFile('SERVICE_KEY_FILE', SERVICE_KEY_FILE, APP_ENV);
  const ownCalls = createOwnCalls({ service: 'nova-cli', serviceKey, permissions: ['reindex:search'] });
  const cause = { correlationId: correlationIdFrom(undefined), traceparent: traceparentFrom(undefined) };
  const origin = await ownCalls.begin({ cause, timeoutMs });
  const client = createRpcClient(SearchService, { address: SEARCH_GRPC_URL });
  let told = 0;
  try {
    for await (const { users, posts, isDone } of client.calls.reindex({}, callOptions(origin, { maxMs: timeoutMs }))) {
      const documents = Number(users + posts);
      const counted = `${users} people, ${posts} posts`;
      if (isDone) yield `The new index serves: ${counted}.`;
      else if (documents - told >= toldEvery) {
        told = documents;
        yield counted;
      }
    }
  } finally {
    client.stop();
    origin.end();
  }
}
