import { byForm, isLong } from '@nova/testkit';

export { byForm, isLong };

/** How much is written where a scenario says nothing else. */
export const volume = byForm({
  long: { events: 20_000, keys: 200, batchRows: 500 },
  short: { events: 2_000, keys: 50, batchRows: 50 },
});
