import type { EventLog } from '@nova/events';
import type { Metrics } from '@nova/runtime';
import { createScrapedGauges } from './scraped-gauge.ts';

export function observeLag(
  metrics: Metrics,
  { log, group, topics }: { log: EventLog; group: string; topics: readonly string[] },
): void {
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
      const lags = await log.lag(group, topics);
      return {
        consumer_lag_records: lags.map(({ topic, partition, records }) => ({
          labels: { group, topic, partition: String(partition) },
          value: Number(records),
        })),
      };
    },
  });
}
