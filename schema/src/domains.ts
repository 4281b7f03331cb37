import indexes from '../domains.json' with { type: 'json' };

/** Every domain, whether it has a subgraph or not. */
export const domainNames: readonly string[] = Object.keys(indexes);

/** Ports of one domain's process. */
export type DomainPorts = { readonly graphql: number; readonly grpc: number; readonly admin: number };

/** Base port of an instance unless told otherwise; composed schemas carry URLs made from it. */
export const defaultBasePort = 4000;

/** Where a domain listens in the instance whose gateway listens on `basePort`. Every domain keeps its place for good. */
export function domainPorts(domain: string, basePort: number): DomainPorts {
  const index = (indexes as Readonly<Record<string, number>>)[domain];
  if (index === undefined) throw new Error(`Domain ${domain} has no place in schema/domains.json.`);
  const graphql = basePort + 10 * index;
  return { graphql, grpc: graphql + 1, admin: graphql + 2 };
}
