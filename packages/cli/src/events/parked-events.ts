import { discardParkedEvent, listParkedKeys, type ParkedKey, retryParkedKey } from '@nova/outbox';
import type { Kysely } from 'kysely';
import { type Command, type CommandInput, UsageError } from '../command.ts';
import { readArguments, readBy } from './arguments.ts';
import { withDomain } from './database.ts';
import { parkedTable, toJson } from './texts.ts';

export const parkedEventCommands: Readonly<Record<string, Command>> = {
  'outbox parked': {
    usage: '--domain <d> [--json]',
    help: 'list the events that the log refused, longest first; later events of their keys wait behind them',
    run: list,
  },
  'outbox retry': {
    usage: '<event-id> | --all  --domain <d> [--json]',
    help: 'let the relay try them again, and then what waits behind them',
    run: retry,
  },
  'outbox discard': {
    usage: '<event-id> --domain <d> [--by <who>] [--json]',
    help: 'give one up: nobody will see it, those behind it go on',
    run: discard,
  },
};

function list({ args, env, output }: CommandInput): Promise<number> {
  const { domain, json } = readArguments(args, []);
  return withDomain({ domain, env, output }, async (db) => {
    const parked = await listParkedKeys(db);
    output.log(json ? toJson(parked) : parkedTable(parked));
    return 0;
  });
}

function retry({ args, env, output }: CommandInput): Promise<number> {
  const { domain, id, all, json } = readArguments(args, ['id', 'all']);
  if ((id !== undefined) === all) throw new UsageError('Say which: the id of an event or --all.');
  return withDomain({ domain, env, output }, async (db) => {
    const parked = await listParkedKeys(db);
    const wanted = all ? parked : [find(parked, id)];
    let retried = 0;
    for (const one of wanted) if (one && (await retryParkedKey(db, one))) retried += 1;
    output.log(json ? toJson({ retried }) : `${retried} will be tried again.`);
    return all || retried === 1 ? 0 : 1;
  });
}

function discard({ args, env, output }: CommandInput): Promise<number> {
  const given = readArguments(args, ['id', 'by']);
  if (given.id === undefined) throw new UsageError('Name the event by its id.');
  const by = readBy(given, env);
  return withDomain({ domain: given.domain, env, output }, async (db) => {
    const isGone = await discardById(db, { id: given.id, by });
    if (given.json) output.log(toJson({ discarded: isGone ? given.id : null }));
    else output.log(isGone ? `${given.id} is given up.` : `${given.id} is not parked.`);
    return isGone ? 0 : 1;
  });
}

async function discardById(db: Kysely<unknown>, { id, by }: { id: string | undefined; by: string }): Promise<boolean> {
  const found = find(await listParkedKeys(db), id);
  return found !== undefined && (await discardParkedEvent(db, { ...found, by }));
}

function find(parked: readonly ParkedKey[], id: string | undefined): ParkedKey | undefined {
  return parked.find(({ eventId }) => eventId === id);
}
