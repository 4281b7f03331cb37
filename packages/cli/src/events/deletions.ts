import { listDeletions } from '@nova/postgres';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { readArguments } from './arguments.ts';
import { withDomain } from './database.ts';
import { deletionTable, toJson } from './texts.ts';

export const deletionCommands: Readonly<Record<string, Command>> = {
  deletions: {
    usage: '<user-id> --domain <d> [--first <n>] [--after <cursor>] [--json]',
    help: 'list what a user deleted, over all tables of the domain, newest first',
    run: list,
  },
};

function list({ args, env, output }: CommandInput): Promise<number> {
  const { domain, id: userId, first, after, json } = readArguments(args, ['id', 'first', 'after']);
  if (userId === undefined) throw new UsageError('Name the user by the id.');
  return withDomain({ domain, env, output }, async (db) => {
    const page = await listDeletions(db, { userId, first, after });
    output.log(json ? toJson(page) : deletionTable(page));
    return 0;
  });
}
