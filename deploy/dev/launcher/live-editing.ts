import { subgraphSdl } from '@nova/schema';
import { root } from '../../../tools/run-step.ts';
import { watchFiles } from './file-watch.ts';
import type { LogPrinter } from './log-printer.ts';
import { runToEnd } from './run-to-end.ts';
import { compose, compositionErrors, publish } from './schema-files.ts';
import type { Supervised } from './supervisor.ts';

type Context = {
  readonly subgraphs: readonly Supervised[];
  readonly gateway: Supervised;
  readonly logs: LogPrinter;
};

/** Makes edits of schemas and code take effect while everything runs. */
export function startLiveEditing(context: Context): { stop(): void } {
  const editing = new LiveEditing(context);
  const { logs } = context;
  return watchFiles({
    root,
    patterns: [
      'schema/shared.graphql',
      'schema/subgraphs/*.graphql',
      'gateway/src/**/*.ts',
      ...context.subgraphs.map(({ name }) => `subgraphs/${name}/src/**/*.ts`),
    ],
    onChange: (files) =>
      editing.apply([...files]).catch((error) => logs.print(error instanceof Error ? error.message : String(error))),
  });
}

class LiveEditing {
  readonly #context: Context;
  /** The SDL each subgraph runs with. */
  readonly #served: Map<string, string>;
  readonly #waiting = new Set<string>();
  /** A subgraph runs with an SDL that the gateway's supergraph does not have yet. */
  #unpublished = false;

  constructor(context: Context) {
    this.#context = context;
    this.#served = new Map(context.subgraphs.map(({ name }) => [name, sdlOf(name)]));
  }

  /**
   * A changed SDL: the whole must compose, then its subgraph is restarted, and only when that is ready the gateway gets
   * the new supergraph, so that it never asks a subgraph for what it does not have yet. Changed code: its process is
   * restarted. What fails is tried again with the next edit.
   */
  async apply(files: readonly string[]): Promise<void> {
    const { gateway, logs } = this.#context;
    const edited = this.#note(files);
    const composed = edited || this.#unpublished ? await compose() : undefined;
    if (composed?.kind === 'failed') {
      logs.print(compositionErrors(composed.errors, 'everything keeps running as it was'));
      return;
    }
    await this.#restartWaiting();
    if (files.some((file) => file.startsWith('gateway/'))) {
      logs.notice(gateway.name, 'its code changed; restarting');
      await gateway.restart();
    }
    if (!composed) return;
    if (publish(composed)) logs.notice(gateway.name, 'the supergraph changed; serving the new one');
    this.#unpublished = false;
    await runToEnd({ name: 'code generation', entry: 'tools/codegen.ts' });
  }

  /** Notes whom the files concern, and whether an SDL is among them. */
  #note(files: readonly string[]): boolean {
    const names = this.#context.subgraphs.map(({ name }) => name);
    const edited = names.filter((name) => sdlOf(name) !== this.#served.get(name));
    const touched = names.filter((name) => files.some((file) => file.startsWith(`subgraphs/${name}/`)));
    for (const name of [...edited, ...touched]) this.#waiting.add(name);
    for (const file of files) {
      const name = /^schema\/subgraphs\/(.+)\.graphql$/.exec(file)?.[1];
      if (name && !names.includes(name))
        this.#context.logs.print(`${file} is new: stop and start again to run its subgraph.`);
    }
    return edited.length > 0;
  }

  async #restartWaiting(): Promise<void> {
    const failures: unknown[] = [];
    for (const subgraph of this.#context.subgraphs.filter(({ name }) => this.#waiting.has(name)))
      await this.#restart(subgraph).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async #restart(subgraph: Supervised): Promise<void> {
    const { logs } = this.#context;
    const { name } = subgraph;
    const sdl = sdlOf(name);
    const schemaChanged = sdl !== this.#served.get(name);
    logs.notice(name, `its ${schemaChanged ? 'schema' : 'code'} changed; restarting`);
    await subgraph.restart();
    logs.notice(name, 'ready');
    this.#waiting.delete(name);
    this.#served.set(name, sdl);
    this.#unpublished ||= schemaChanged;
  }
}

/** Empty while the file is away, as when an editor replaces it. */
function sdlOf(name: string): string {
  try {
    return subgraphSdl(name);
  } catch {
    return '';
  }
}
