import { readdirSync, readFileSync } from 'node:fs';

export { type DomainPorts, defaultBasePort, domainNames, domainPorts } from './domains.ts';

const root = new URL('../', import.meta.url);

/** Domains that have a subgraph, in alphabetical order. */
export function subgraphNames(): string[] {
  return readdirSync(new URL('subgraphs/', root))
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => file.slice(0, -'.graphql'.length))
    .sort();
}

/** The whole SDL of one subgraph: what all share (link, scalars, PageInfo), then its own. */
export function subgraphSdl(name: string): string {
  return `${readFileSync(new URL('shared.graphql', root), 'utf8')}\n${readFileSync(new URL(`subgraphs/${name}.graphql`, root), 'utf8')}`;
}

/** Where the composed schemas are kept. */
export const supergraphFile = new URL('supergraph.graphql', root);
export const apiSchemaFile = new URL('api.graphql', root);
