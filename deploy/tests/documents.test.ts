import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { declaredTopics, readEventCatalogue } from '@nova/events';
import { subgraphNames } from '@nova/schema';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');

/** First captures of the pattern in all files of the globs, each once, in order. */
function allOf(pattern: RegExp, ...globs: string[]): string[] {
  const files = globSync(globs, { cwd: root });
  return [...new Set(files.flatMap((file) => [...read(file).matchAll(pattern)].map(([, found = '']) => found)))].sort();
}

/** Cells of the table row that begins with the cell. */
function rowOf(text: string, first: string): string[] {
  const line = text.split('\n').find((each) => each.startsWith(`| ${first} |`));
  return line?.split('|').map((cell) => cell.trim()) ?? [];
}

const namesIn = (cell = '') => subgraphNames().filter((name) => new RegExp(`\\b${name}\\b`).test(cell));

test('the architecture says of each domain whom it asks over gRPC and whose events it hears', () => {
  const architecture = read('docs/architecture.md');
  for (const domain of subgraphNames().filter((name) => name !== 'events')) {
    const [, , , , asks, hears] = rowOf(architecture, domain);
    const src = `subgraphs/${domain}/src`;
    const addresses = allOf(/env\.([A-Z]+)_GRPC_URL/g, `${src}/config.ts`).map((name) => name.toLowerCase());
    expect([domain, namesIn(asks)]).toEqual([domain, addresses]);
    expect([domain, namesIn(hears)]).toEqual([domain, allOf(/\/v1\/(\w+)_events_pb/g, `${src}/consumers/*.ts`)]);
  }
});

test('the README says of each domain whom it asks over gRPC', () => {
  const [readme, architecture] = [read('README.md'), read('docs/architecture.md')];
  for (const domain of subgraphNames().filter((name) => name !== 'events')) {
    const asks = rowOf(readme, `[${domain}](subgraphs/${domain}/README.md)`)[3];
    expect([domain, namesIn(asks)]).toEqual([domain, namesIn(rowOf(architecture, domain)[4])]);
  }
});

test('every topic and every event is in the table of docs/events.md', () => {
  const document = read('docs/events.md');
  const { events } = readEventCatalogue();
  for (const { name } of declaredTopics) {
    const listed = rowOf(document, `\`${name}\``)[3]?.match(/\w+(?=`)/g) ?? [];
    const declared = events.filter(({ topic }) => topic === name).map(({ type }) => type.split('.')[1]);
    expect([name, listed.sort()]).toEqual([name, [...new Set(declared)].sort()]);
  }
});

test('every series is in docs/metrics.md, and no other', () => {
  const sources = ['gateway/src', 'packages/*/src', 'subgraphs/*/src'].flatMap((src) => [`${src}/**/*.ts`]);
  const measured = globSync(sources, { cwd: root }).filter((file) =>
    /prom-client|createScrapedGauges/.test(read(file)),
  );
  const names = allOf(/(?:name: |name = |counter\(\s*)['`]([a-z]+_[a-z_]+)/g, ...measured);
  const rows = read('docs/metrics.md').match(/^\| `.*?\|/gm) ?? [];
  const documented = rows.flatMap((row) => row.match(/\w+(?=`)/g) ?? []);
  // Two gauges are made by one line, from the state.
  const asNamed = documented.map((name) => name.replace(/^(gateway_requests_)(running|queued)$/, '$1'));
  expect([...new Set(asNamed)].sort()).toEqual(names);
});

test('the id by which the README asks for the home feed is in the manifest', () => {
  const { operations } = JSON.parse(read('persisted-queries/manifest.json'));
  const feed = operations.find(({ name }: { name: string }) => name === 'HomeFeed');
  expect(read('README.md')).toContain(`"documentId": "${feed.id}"`);
});

test('every link from one document to another leads to a file, and to a heading of it', () => {
  const documents = ['*.md', 'docs/**/*.md', 'subgraphs/*/README.md', 'proto/*.md', 'bench/README.md'];
  const lost: string[] = [];
  for (const file of globSync(documents, { cwd: root })) {
    for (const [, target = ''] of read(file).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
      const [path = '', heading] = target.split('#');
      const url = new URL(path || file.split('/').at(-1) || '', new URL(file, `file://${root}`));
      const found = globSync(fileURLToPath(url)).length > 0;
      const headings =
        found && heading
          ? readFileSync(url, 'utf8')
              .match(/^#+ .*$/gm)
              ?.map(anchor)
          : undefined;
      if (!found || (heading && !headings?.includes(heading))) lost.push(`${file}: ${target}`);
    }
  }
  expect(lost).toEqual([]);
});

/** As GitHub makes it. */
function anchor(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
