import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/run-step.ts';
import { Advice } from '../bootstrap/advice.mjs';
import { filesMatching, fingerprint } from '../bootstrap/fingerprint.mjs';
import { withProgress } from '../bootstrap/progress.mjs';
import { mediaDirectory } from './domains.ts';
import type { LauncherOptions } from './options.ts';
import { runToEnd } from './run-to-end.ts';

export type Sample = { readonly query: string; readonly variables: object; readonly expected: object };

/** What is known about the made-up data: kept in seeded.json, so that later starts need not generate it. */
export type Seeded = {
  /** People. */
  readonly size: number;
  /** Of the generator that made it. */
  readonly generator: string;
  readonly sample: Sample;
  readonly demoLogin: { readonly email: string; readonly password: string };
};

const defaultSize = 1_000;

/** Fills new databases once. An interrupted seed is repeated; the writer does nothing twice. */
export async function seedOnce(context: {
  options: LauncherOptions;
  urls: Readonly<Record<string, string>>;
  isNew: boolean;
  signal: AbortSignal;
}): Promise<Seeded> {
  const { options, signal } = context;
  const file = join(options.dataDir, 'seeded.json');
  if (context.isNew) rmSync(file, { force: true });
  const known: Seeded | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (known && options.seedSize !== undefined && options.seedSize !== known.size) {
    throw new Advice(
      `The data here was made for ${known.size} people, not ${options.seedSize}. To make it anew (what is there is deleted):\n` +
        `  npm start -- --reset --seed-size ${options.seedSize}`,
    );
  }
  const generator = fingerprint(root, filesMatching(root, ['deploy/dev/seed/**/*.ts']));
  if (known?.generator === generator) return known;
  const size = known?.size ?? options.seedSize ?? defaultSize;
  const target = known ? undefined : { urls: context.urls, mediaDirectory: mediaDirectory(options) };
  const facts = known
    ? await runSeed({ size, target }, { signal, detail: () => undefined })
    : await withProgress(
        { title: `making up ${size} people and what they say`, done: `${size} people and what they say` },
        (detail) => runSeed({ size, target }, { signal, detail }),
      );
  const seeded = { size, generator, ...facts };
  writeFileSync(`${file}.new`, JSON.stringify(seeded));
  renameSync(`${file}.new`, file);
  return seeded;
}

type SeedFacts = Pick<Seeded, 'sample' | 'demoLogin'>;
export type SeedMessage = { readonly progress: string } | { readonly facts: SeedFacts };
export type SeedTask = {
  readonly size: number;
  /** Undefined: nothing is written. */
  readonly target: { readonly urls: Readonly<Record<string, string>>; readonly mediaDirectory: string } | undefined;
};

/** In a process of its own: the generator's memory is given back when it ends. */
async function runSeed(task: SeedTask, hooks: { signal: AbortSignal; detail(text: string): void }): Promise<SeedFacts> {
  let facts: SeedFacts | undefined;
  await runToEnd(
    { name: 'the seed', entry: 'deploy/dev/launcher/seed-worker.ts', env: { NOVA_SEED_TASK: JSON.stringify(task) } },
    {
      signal: hooks.signal,
      onMessage(message) {
        const news = message as SeedMessage;
        if ('progress' in news) hooks.detail(news.progress);
        else facts = news.facts;
      },
    },
  );
  if (!facts) throw new Error('The seed ended without saying what it made.');
  return facts;
}
