import { collectDefaultMetrics, Registry } from 'prom-client';

export type Metrics = Registry;

/** One registry per process; every series carries the service's name. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
