import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { parseSync } from 'oxc-parser';
import { root } from './run-step.ts';

/** Levels of packages: a package imports lower levels only. */
const packageLevels: Readonly<Record<string, number>> = {
  errors: 1,
  resilience: 2,
  runtime: 3,
  federation: 4,
  postgres: 4,
  cache: 4,
  rpc: 4,
  events: 5,
  outbox: 6,
  idempotency: 6,
  registry: 6,
  subgraph: 7,
  cli: 8,
};

const contracts = ['proto', 'schema', 'persisted-queries'];
const gatewayPackages = ['errors', 'runtime', 'resilience', 'federation', 'cache'];
const gatewayRooms = ['protection', 'rate-limits', 'idempotency', 'fanout', 'persisted', 'auth', 'supergraph'];
const doors = ['graphql', 'grpc', 'consumers'];
const notNouns = [...doors, 'bin', 'db', 'generated'];

export type Import = { readonly from: string; readonly to: string };

/** Why a file may not import another, or undefined when it may. Both are paths from the root, with forward slashes. */
export function violation({ from, to }: Import): string | undefined {
  const [area = '', unit = '', ...rest] = from.split('/');
  if (rest[0] === 'tests' || unit === 'tests' || area === 'tools' || area === 'bench') return undefined;
  const [toArea = '', toUnit = ''] = to.split('/');
  if (toArea === 'packages' && toUnit === 'testkit' && from !== to && unit !== 'testkit')
    return 'testkit is for tests only';
  if (contracts.includes(area)) return toArea === area ? undefined : 'contracts import nothing';
  if (area === 'packages') return packageViolation(unit, to);
  if (area === 'gateway') return gatewayViolation(from, to);
  if (area === 'subgraphs') return subgraphViolation(from, to);
  return undefined;
}

function packageViolation(unit: string, to: string): string | undefined {
  const [toArea = '', toUnit = ''] = to.split('/');
  if (unit === 'testkit' || contracts.includes(toArea)) return undefined;
  if (toArea !== 'packages') return 'packages import packages and contracts only';
  if (toUnit === unit) return undefined;
  const [level, toLevel] = [packageLevels[unit], packageLevels[toUnit]];
  if (level === undefined || toLevel === undefined)
    return `${level === undefined ? unit : toUnit} has no level in tools/boundaries.ts`;
  return toLevel < level
    ? undefined
    : `${unit} (level ${level}) may import lower levels only, ${toUnit} is level ${toLevel}`;
}

function gatewayViolation(from: string, to: string): string | undefined {
  const [toArea = '', toUnit = ''] = to.split('/');
  if (toArea === 'packages')
    return gatewayPackages.includes(toUnit) ? undefined : `the gateway may not import ${toUnit}`;
  if (toArea !== 'gateway') return `the gateway may not import ${toArea}`;
  const [room, toRoom] = [from.split('/')[2] ?? '', to.split('/')[2] ?? ''];
  if (gatewayRooms.includes(room) && gatewayRooms.includes(toRoom) && room !== toRoom)
    return `${room} and ${toRoom} meet in gateway.ts only`;
  if (gatewayRooms.includes(room) && toRoom === 'gateway.ts') return 'nothing calls upward into gateway.ts';
  return undefined;
}

function subgraphViolation(from: string, to: string): string | undefined {
  const [, domain, , room = ''] = from.split('/');
  const [toArea = '', toDomain, , toRoom = '', toFile = ''] = to.split('/');
  if (toArea === 'gateway') return 'a subgraph never imports the gateway';
  if (toArea === 'packages' || contracts.includes(toArea)) {
    return isRules(from) && to.split('/')[1] !== 'errors' ? 'rules import errors only' : undefined;
  }
  if (toArea !== 'subgraphs') return `a subgraph may not import ${toArea}`;
  if (toDomain !== domain) return 'a subgraph never imports another subgraph';
  if (toRoom === 'service.ts' && room !== 'bin') return 'only bin and tests import service.ts';
  if (isRules(from)) return 'rules import errors only';
  if (doors.includes(room)) {
    if (
      doors.includes(toRoom) &&
      toRoom !== room &&
      !(room === 'graphql' && toRoom === 'grpc' && toFile === 'clients.ts')
    )
      return 'doors never touch each other';
    return undefined;
  }
  if (isNoun(room) && room !== toRoom) {
    if (doors.includes(toRoom)) return 'nouns never call doors';
    if (isNoun(toRoom) && toFile.endsWith('-repository.ts')) return "a noun never uses another noun's repository";
  }
  return undefined;
}

/** `<noun>/<noun>.ts`, the pure rules: the only files of a noun without a suffix of their role. */
function isRules(path: string): boolean {
  const [, , , room = '', file = ''] = path.split('/');
  return isNoun(room) && (`${file.replace(/\.ts$/, '')}s` === room || `${file.replace(/y\.ts$/, '')}ies` === room);
}

function isNoun(room: string): boolean {
  return room !== '' && !room.endsWith('.ts') && !notNouns.includes(room);
}

/** Every import between files of this repository, type imports included, as paths from the root. */
export function listImports(): Import[] {
  return ['packages', 'gateway', 'subgraphs', 'schema', 'proto', 'persisted-queries', 'deploy']
    .flatMap(sourceFiles)
    .flatMap((file) => importsOf(file));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const { module } = parseSync(file, text);
  const from = relative(root, file);
  const specifiers = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    // Without its quotes; what is no literal names no file.
    ...module.dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
  ];
  return [...new Set(specifiers)].flatMap((specifier) => {
    if (specifier.startsWith('.')) return [{ from, to: normalize(join(dirname(from), specifier)) }];
    if (specifier.startsWith('@nova/')) return [{ from, to: `${packageFolder(specifier)}/index.ts` }];
    return [];
  });
}

function packageFolder(specifier: string): string {
  const name = specifier.split('/')[1] as string;
  for (const folder of [name, `packages/${name}`, `subgraphs/${name}`]) {
    if (statSync(join(root, folder, 'package.json'), { throwIfNoEntry: false })) return folder;
  }
  return name;
}

function sourceFiles(area: string): string[] {
  const skipped = (path: string) => /(^|\/)(node_modules|gen|generated)$/.test(path);
  return globSync(`${area}/**/*.{ts,mts}`, { cwd: root, exclude: skipped }).map((path) => join(root, path));
}
