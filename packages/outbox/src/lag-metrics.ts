import type { Metrics } from '@nova/runtime';
import type { ObservedConsumer } from './observe-consumer.ts';
import { createScrapedGauges, type Sample } from './scraped-gauge.ts';

export function observeLag(metrics: Metrics, consumers: ReadonlySet<ObservedConsumer>): void {
  createScrapedGauges(metrics, {
    source: 'consumer lag',
    gauges: [
      {
        name: 'consumer_lag_records',
        help: 'Records of a partition after the last committed one of the group. Growth on one partition: an event there waits or a member hangs; on all: too few members, or their database is slow.',
        labels: ['group', 'topic', 'partition'],
      },
    ],
    async read() {
      const lags = await Promise.all([...consumers].map(lagOf));
      return { consumer_lag_records: lags.flat() };
    },
  });
}

async function lagOf({ log, group, topics }: ObservedConsumer): Promise<Sample[]> {
  const lags = await log.lag(group, topics);
  return lags.map(({ topic, partition, records }) => ({
    labels: { group, topic, partition: String(partition) },
    value: Number(records),
  }));
}
