import { composeServices } from '@apollo/composition';
import { subgraphs } from './subgraphs.mjs';

/** The supergraph that every system loads; `url` is where the subgraphs are, each at a path of its own. */
export function composeSupergraph(url) {
  const services = Object.entries(subgraphs).map(([name, { typeDefs }]) => ({ name, url: `${url}/${name}`, typeDefs }));
  const { errors, supergraphSdl } = composeServices(services);
  if (errors) throw new Error(`The subgraphs do not compose: ${errors.join('\n')}`);
  return supergraphSdl;
}
