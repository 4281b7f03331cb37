import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { partitionOfKey } from '../src/partition-of-key.ts';

test('a key has the partition that kafkajs gives it', () => {
  const kafkas = kafkajs.Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionId,
        leader: 1,
        partitionErrorCode: 0,
        replicas: [],
        isr: [],
      }));
      const partition = kafkas({ topic: 't', partitionMetadata, message: { key: Buffer.from(key), value: null } });
      expect(partitionOfKey(key, count)).toBe(partition);
    }),
  );
});
