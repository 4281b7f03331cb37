import { within } from '@nova/resilience';
import type { Metrics } from '@nova/runtime';
import { Counter, Gauge } from 'prom-client';

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** Samples by the name of their gauge. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

const deadlineMs = 2_000;
const freshMs = 5_000;

/**
 * Gauges whose values are asked for when they are scraped: at most once in five seconds, with two seconds for the answer.
 * Without one they are absent, rather than old, and the failure is counted.
 */
export function createScrapedGauges(
  metrics: Metrics,
  options: {
    source: string;
    gauges: readonly { readonly name: string; readonly help: string; readonly labels: readonly string[] }[];
    read: () => Promise<Samples>;
  },
): void {
  const { source } = options;
  const failures = failureCounter(metrics);
  let readAt = Number.NEGATIVE_INFINITY;
  let latest: Promise<Samples> | undefined;
  const current = () => {
    if (!latest || performance.now() - readAt > freshMs) {
      readAt = performance.now();
      latest = within(deadlineMs, options.read).catch((): Samples => {
        failures.inc({ source });
        return {};
      });
    }
    return latest;
  };
  for (const { name, help, labels } of options.gauges) {
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [metrics],
      async collect() {
        const samples = (await current())[name] ?? [];
        this.reset();
        // Without labels that would be 0, which is an answer.
        if (labels.length === 0) this.remove();
        for (const sample of samples) this.set(sample.labels, sample.value);
      },
    });
  }
}

function failureCounter(metrics: Metrics): Counter<'source'> {
  const name = 'scrape_failures_total';
  const found = metrics.getSingleMetric(name);
  if (found instanceof Counter) return found;
  const help = 'Gauges that could not be read in time, by where they are read from; they are absent from that scrape.';
  return new Counter({ name, help, labelNames: ['source'], registers: [metrics] });
}
