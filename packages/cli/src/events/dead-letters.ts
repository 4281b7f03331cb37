import { setTimeout as delay } from 'node:timers/promises';
import {
  discard,
  listDeadLetters,
  type ReplayProgress,
  replayProgress,
  requestReplay,
  showDeadLetter,
} from '@nova/outbox';
import type { Kysely } from 'kysely';
import type { Command, CommandInput } from '../command.ts';
import { readArguments, readBy, readId, readSelection } from './arguments.ts';
import { withDomain } from './database.ts';
import { letterDetails, letterJson, letterTable, progressText, toJson } from './texts.ts';

const waitLimitMs = 120_000;
const waitPollMs = 250;

export const deadLetterCommands: Readonly<Record<string, Command>> = {
  'dead-letters list': {
    usage: '--domain <d> [--group <g>] [--cause <c>] [--first <n>] [--after <id>] [--json]',
    help: 'list the events that wait, in the order they were set aside',
    run: list,
  },
  'dead-letters show': {
    usage: '<id> --domain <d> [--json]',
    help: 'show one with what it carries and what was done to it',
    run: show,
  },
  'dead-letters replay': {
    usage: '<id> | --cause <c> | --all  --domain <d> [--group <g>] [--by <who>] [--wait] [--json]',
    help: 'ask the consumer to replay them, in order per key; --wait tells what came of it, and fails when one failed',
    run: replay,
  },
  'dead-letters discard': {
    usage: '<id> --domain <d> [--by <who>] [--json]',
    help: 'give one up: its event will not have its effect, those behind it go on',
    run: discardOne,
  },
};

function list({ args, env, output }: CommandInput): Promise<number> {
  const { domain, group, cause, first, after, json } = readArguments(args, ['group', 'cause', 'first', 'after']);
  return withDomain({ domain, env, output }, async (db) => {
    const page = await listDeadLetters(db, { group, causeCode: cause, first, after });
    output.log(json ? toJson(page) : letterTable(page));
    return 0;
  });
}

function show({ args, env, output }: CommandInput): Promise<number> {
  const given = readArguments(args, ['id']);
  const id = readId(given);
  return withDomain({ domain: given.domain, env, output }, async (db) => {
    const letter = await showDeadLetter(db, id);
    output.log(given.json ? letterJson(letter) : letterDetails(letter));
    return 0;
  });
}

function replay({ args, env, output }: CommandInput): Promise<number> {
  const given = readArguments(args, ['id', 'cause', 'all', 'group', 'by', 'wait']);
  const selection = readSelection(given);
  const by = readBy(given, env);
  return withDomain({ domain: given.domain, env, output }, async (db) => {
    const { requested, at } = await requestReplay(db, { by, ...selection });
    const progress = given.wait ? await waitForOutcome(db, { by, at }) : undefined;
    if (given.json) output.log(toJson({ requested, at, ...progress }));
    else output.log([`${requested} requested.`, ...(progress ? [progressText(progress)] : [])].join('\n'));
    return progress && (progress.waiting > 0 || progress.outcomes.failed) ? 1 : 0;
  });
}

function discardOne({ args, env, output }: CommandInput): Promise<number> {
  const given = readArguments(args, ['id', 'by']);
  const [id, by] = [readId(given), readBy(given, env)];
  return withDomain({ domain: given.domain, env, output }, async (db) => {
    await discard(db, { by, id });
    output.log(given.json ? toJson({ discarded: id }) : `${id} is given up.`);
    return 0;
  });
}

/** Until nothing of the request waits, or for two minutes: then no consumer runs, or it waits for something itself. */
async function waitForOutcome(db: Kysely<unknown>, request: { by: string; at: Date }): Promise<ReplayProgress> {
  const started = performance.now();
  for (;;) {
    const progress = await replayProgress(db, request);
    if (progress.waiting === 0 || performance.now() - started > waitLimitMs) return progress;
    await delay(waitPollMs);
  }
}
