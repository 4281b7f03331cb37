/**
 * Writes the parts of the documents that are made from code: the settings tables from the config modules, the error
 * codes from @nova/errors, how subgraphs are called from gateway/subgraphs.json, what `nova` prints, the list of decisions. With --check it writes
 * nothing and fails when a document is out of date.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings as gatewaySettings } from '../gateway/src/config.ts';
import { readSubgraphTable } from '../gateway/src/fanout/subgraph-table.ts';
import subgraphRows from '../gateway/subgraphs.json' with { type: 'json' };
import { runNova } from '../packages/cli/src/nova.ts';
import { type ErrorFacts, errorCodes } from '../packages/errors/src/index.ts';
import { migrationSettings } from '../packages/postgres/src/index.ts';
import { commonSettings, type Settings } from '../packages/runtime/src/index.ts';
import { subgraphSettings } from '../packages/subgraph/src/index.ts';
import { settings as communicationSettings } from '../subgraphs/communication/src/config.ts';
import { settings as contentSettings } from '../subgraphs/content/src/config.ts';
import { settings as eventsSettings } from '../subgraphs/events/src/config.ts';
import { settings as identitySettings } from '../subgraphs/identity/src/config.ts';
import { settings as mediaSettings } from '../subgraphs/media/src/config.ts';
import { settings as searchSettings } from '../subgraphs/search/src/config.ts';
import { settings as socialSettings } from '../subgraphs/social/src/config.ts';
import { settings as userSettings } from '../subgraphs/user/src/config.ts';
import { root } from './run-step.ts';

const check = process.argv.includes('--check');

function settingsTable(settings: Settings): string {
  const rows = Object.entries(settings).map(
    ([name, { defaultText, description }]) =>
      `| \`${name}\` | ${defaultText === 'required' ? '**required**' : `\`${defaultText}\``} | ${cell(description)} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** What a table of its own does not say already. */
function own(settings: Settings, said: Settings = commonSettings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !Object.hasOwn(said, name)));
}

const everySubgraph = subgraphSettings('identity');

function errorTable(codes: Readonly<Record<string, ErrorFacts>>): string {
  const rows = Object.entries(codes).map(
    ([code, { httpStatus, retryable, meaning }]) =>
      `| \`${code}\` | ${httpStatus} | ${retryable ? 'yes' : 'no'} | ${cell(meaning)} |`,
  );
  return ['| code | HTTP status | retry | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function subgraphTable(): string {
  const { policyOf } = readSubgraphTable(undefined);
  const rows = Object.keys(subgraphRows).map((name) => {
    const { timeoutMs, maxRunning, maxQueued, retries, breaker } = policyOf(name);
    const values = [timeoutMs, maxRunning, maxQueued, retries, breaker.failures, breaker.successes, breaker.openMs];
    return `| ${[name, ...values].join(' | ')} |`;
  });
  const columns = ['timeoutMs', 'maxRunning', 'maxQueued', 'retries', 'failures', 'successes', 'openMs'];
  return [`| subgraph | ${columns.join(' | ')} |`, `| --- |${' --- |'.repeat(columns.length)}`, ...rows].join('\n');
}

/** What a command of `nova` prints. */
async function printed(...args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const code = await runNova(args, { log: (line) => lines.push(...line.split('\n')), error: console.error });
  if (code !== 0) throw new Error(`nova ${args.join(' ')} ended with ${code}`);
  return lines;
}

/** Some operations of different kinds are enough to show what the report says. */
async function reportTable(...operations: readonly string[]): Promise<string> {
  const [head = '', line = '', ...rows] = await printed('persisted', 'report');
  return [head, line, ...rows.filter((row) => operations.some((name) => row.startsWith(`| ${name} |`)))].join('\n');
}

async function planPicture(operation: string): Promise<string> {
  return ['```', `$ npm run nova -- plan ${operation}`, ...(await printed('plan', operation)), '```'].join('\n');
}

function decisionTable(): string {
  const rows = globSync('docs/adr/0*.md', { cwd: root })
    .sort()
    .map((path) => {
      const [, number, title] = readFileSync(join(root, path), 'utf8').match(/^# (\d+)\. (.+)$/m) ?? [];
      return `| [${number}](${path.split('/').at(-1)}) | ${title} |`;
    });
  return ['| | decision |', '| --- | --- |', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const parts: Readonly<Record<string, string>> = {
  'settings:common': settingsTable(commonSettings),
  'settings:gateway': settingsTable(own(gatewaySettings)),
  'settings:subgraph': settingsTable(own(everySubgraph)),
  'settings:identity': settingsTable(own(identitySettings, everySubgraph)),
  'settings:user': settingsTable(own(userSettings, everySubgraph)),
  'settings:content': settingsTable(own(contentSettings, everySubgraph)),
  'settings:social': settingsTable(own(socialSettings, everySubgraph)),
  'settings:media': settingsTable(own(mediaSettings, everySubgraph)),
  'settings:communication': settingsTable(own(communicationSettings, everySubgraph)),
  'settings:search': settingsTable(own(searchSettings, everySubgraph)),
  'settings:events': settingsTable(own(eventsSettings, everySubgraph)),
  'settings:migrate': settingsTable(migrationSettings),
  errors: errorTable(errorCodes),
  subgraphs: subgraphTable(),
  report: await reportTable('HomeFeed', 'HomePage', 'ProfilePage', 'Search', 'SendMessage'),
  plan: await planPicture('HomeFeed'),
  decisions: decisionTable(),
};

const documents = [
  'docs/settings.md',
  'docs/errors.md',
  'docs/resilience.md',
  'docs/front-end.md',
  'docs/adr/README.md',
];

let stale = false;
for (const document of documents) {
  const path = join(root, document);
  const text = readFileSync(path, 'utf8');
  const fresh = Object.entries(parts).reduce((current, [name, part]) => {
    const block = new RegExp(`(?<=<!-- begin ${name} -->\n)[\\s\\S]*?(?=<!-- end ${name} -->)`);
    return current.replace(block, () => `${part}\n`);
  }, text);
  if (fresh === text) continue;
  stale = true;
  if (check) console.error(`${document} is out of date: run "npm run documents" and commit the result.`);
  else writeFileSync(path, fresh);
}
if (check && stale) process.exitCode = 1;
