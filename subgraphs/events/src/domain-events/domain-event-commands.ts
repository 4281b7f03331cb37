import type { DescMessage } from '@bufbuild/protobuf';
import type { EncodedEvent } from '@nova/events';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { payloadText } from './domain-event-payload.ts';
import { insertDomainEvent, keepAuditMonths } from './domain-event-repository.ts';

export type DomainEventCommands = {
  /** Adds an event to the trail, once each: the inbox of the transaction sees to that. */
  record(tx: Transaction<Tables>, event: EncodedEvent, of: { schema: DescMessage; topic: string }): Promise<void>;
};

const hourMs = 60 * 60 * 1000;

/** `retentionMonths`: how many whole months are kept besides the current one. */
export function createDomainEventCommands({ retentionMonths }: { retentionMonths: number }): DomainEventCommands {
  let keptAt = Number.NEGATIVE_INFINITY;
  return {
    async record(tx, { payload, ...event }, { schema, topic }) {
      const text = payloadText(schema, payload);
      if (performance.now() - keptAt > hourMs) {
        await keepAuditMonths(tx, retentionMonths);
        keptAt = performance.now();
      }
      try {
        await insertDomainEvent(tx, { ...event, topic, payloadText: text });
      } catch (error) {
        // Should the month be missing after all, the next try makes it.
        keptAt = Number.NEGATIVE_INFINITY;
        throw error;
      }
    },
  };
}
