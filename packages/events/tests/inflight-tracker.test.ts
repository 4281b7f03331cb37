import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInflightTracker } from '../src/consumer/inflight-tracker.ts';

/** Ascending offsets with gaps, an order in which some are acknowledged, and those that never are. */
const histories = fc
  .uniqueArray(fc.bigInt({ min: 0n, max: 10_000n }), { minLength: 1, maxLength: 60 })
  .map((offsets) => offsets.sort((a, b) => (a < b ? -1 : 1)))
  .chain((offsets) => fc.record({ offsets: fc.constant(offsets), acknowledged: fc.shuffledSubarray(offsets) }));

test('a rejected record never advances the commit offset', () => {
  fc.assert(
    fc.property(histories, ({ offsets, acknowledged }) => {
      const tracker = createInflightTracker();
      for (const offset of offsets) tracker.admit(offset);
      for (const offset of acknowledged) {
        tracker.acknowledge(offset);
        const rejected = offsets.find((each) => !acknowledged.includes(each));
        if (rejected !== undefined) expect(tracker.nextOffset).toBeLessThanOrEqual(rejected);
      }
    }),
  );
});

test('what may be committed is the end of the acknowledged prefix, and never goes back', () => {
  fc.assert(
    fc.property(histories, ({ offsets, acknowledged }) => {
      const tracker = createInflightTracker();
      for (const offset of offsets) tracker.admit(offset);
      const done = new Set<bigint>();
      let before = tracker.nextOffset as bigint;
      for (const offset of acknowledged) {
        tracker.acknowledge(offset);
        done.add(offset);
        const open = offsets.find((each) => !done.has(each));
        expect(tracker.nextOffset).toBe(open ?? (offsets.at(-1) as bigint) + 1n);
        expect(tracker.nextOffset).toBeGreaterThanOrEqual(before);
        before = tracker.nextOffset as bigint;
      }
      expect(tracker.inflight).toBe(offsets.length - acknowledged.length);
    }),
  );
});

test('offsets that do not ascend and records that are not in flight are refused', () => {
  const tracker = createInflightTracker();
  expect(tracker.nextOffset).toBeUndefined();
  tracker.admit(4n);
  expect(() => tracker.admit(4n)).toThrow(RangeError);
  tracker.acknowledge(4n);
  expect(() => tracker.acknowledge(4n)).toThrow(RangeError);
});
