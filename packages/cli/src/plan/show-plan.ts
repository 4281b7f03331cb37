import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type PictureFrame, planExtent, planMermaid, planPicture, planSvg, planTree } from '@nova/federation';
import { supergraphFile } from '@nova/schema';
import { type CommandInput, UsageError } from '../command.ts';
import { openGraph } from '../operations/graph.ts';
import { operationFacts } from '../operations/operation-facts.ts';
import { chooseOperation } from './choose-operation.ts';
import { findText, NoPlan } from './find-text.ts';
import { figureLines } from './plan-figures.ts';

/** Exit codes: 0 done, 1 no plan can be made, 2 not understood. */
export async function showPlan({ args, output }: CommandInput): Promise<number> {
  const asked = readArguments(args);
  try {
    const { json, tree, mermaid, svg } = drawPlan(asked);
    const write = (file: string, text: string) => (file === '-' ? output.log(text.trimEnd()) : writeText(file, text));
    if (asked.mermaid !== undefined) write(asked.mermaid, mermaid());
    if (asked.svg !== undefined) write(asked.svg, svg());
    if (asked.json) output.log(JSON.stringify(json, undefined, 2));
    else if (asked.mermaid !== '-' && asked.svg !== '-') output.log(tree());
    return 0;
  } catch (error) {
    if (!(error instanceof NoPlan)) throw error;
    output.error(error.message);
    return 1;
  }
}

type Asked = {
  readonly operation: string;
  readonly operationName: string | undefined;
  readonly supergraph: string | URL;
  /** Files to write, `-` for the output. */
  readonly mermaid: string | undefined;
  readonly svg: string | undefined;
  readonly json: boolean;
};

function readArguments(args: readonly string[]): Asked {
  try {
    const options = {
      'operation-name': { type: 'string' },
      supergraph: { type: 'string' },
      mermaid: { type: 'string' },
      svg: { type: 'string' },
      json: { type: 'boolean' },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [operation] = positionals;
    if (operation === undefined || positionals.length > 1)
      throw new UsageError('Name one operation: a file, a name or an id.');
    const { mermaid, svg, json = false, supergraph = supergraphFile } = values;
    if ([mermaid === '-', svg === '-', json].filter(Boolean).length > 1)
      throw new UsageError('One of --mermaid -, --svg - and --json can be printed; name files for the others.');
    return { operation, operationName: values['operation-name'], supergraph, mermaid, svg, json };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

function drawPlan({ operation: wanted, operationName, supergraph }: Asked) {
  const { text, id } = findText(wanted);
  const graph = openGraph(supergraph);
  const { document, operation } = chooseOperation(text, operationName, graph.schema);
  const { plan, facts } = factsOf(() => operationFacts(document, operation, graph));
  const picture = planPicture(plan);
  const name = operation.name?.value;
  const type = operation.operation;
  const frame: PictureFrame = { title: [type, name].filter(Boolean).join(' '), owners: graph.contacts };
  const figures = { ...facts, type, calls: planExtent(plan).calls };
  return {
    json: { name, id, ...figures, requests: picture.requests },
    tree: () => [planTree(picture, frame), '', ...figureLines(figures)].join('\n'),
    mermaid: () => planMermaid(picture, frame),
    svg: () => planSvg(picture, frame),
  };
}

function factsOf<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw new NoPlan(`It cannot be planned: ${(error as Error).message}`);
  }
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new NoPlan(`${file} cannot be written: ${(error as Error).message}`);
  }
}
