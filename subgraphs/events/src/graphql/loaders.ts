import { type Connection, type PageRequest, pageOf } from '@nova/postgres';
import type { CallOrigin } from '@nova/rpc';
import { createLoader, type Loader } from '@nova/subgraph';
import type { DeadLetter, DeadLetterFilter } from '../dead-letters/dead-letter.ts';
import type { DeadLetterRecord } from '../dead-letters/dead-letter-record.ts';
import { findDeadLetter, listDeadLetters } from '../dead-letters/dead-letter-repository.ts';
import type { Deps } from '../deps.ts';
import type { DomainEvent, DomainEventFilter } from '../domain-events/domain-event.ts';
import { listDomainEvents } from '../domain-events/domain-event-repository.ts';

/** What resolvers read, made for one request. */
export type Loaders = {
  readonly domainEvents: (filter: DomainEventFilter, page: PageRequest) => Promise<Connection<DomainEvent>>;
  readonly deadLetters: (filter: DeadLetterFilter, page: PageRequest) => Promise<Connection<DeadLetter>>;
  readonly deadLetter: (id: string) => Promise<DeadLetter | undefined>;
  /** One call for each domain and 20 letters of it. */
  readonly record: (letter: DeadLetter) => Promise<DeadLetterRecord | null>;
};

export function createLoaders({ db, owners }: Deps, origin: CallOrigin): Loaders {
  const byDomain = new Map<string, Loader<string, DeadLetterRecord | null>>();
  const recordsOf = (domain: string) =>
    createLoader<string, DeadLetterRecord>(
      async (ids) => new Map((await owners.records(domain, ids, origin)).map((record) => [record.id, record])),
      { maxBatchSize: 20 },
    );
  return {
    domainEvents: async (filter, page) => pageOf('event', page, await listDomainEvents(db, filter, page)),
    deadLetters: async (filter, page) => pageOf('dead letter', page, await listDeadLetters(db, filter, page)),
    deadLetter: (id) => findDeadLetter(db, id),
    record({ domain, id }) {
      const loader = byDomain.get(domain) ?? recordsOf(domain);
      byDomain.set(domain, loader);
      return loader.load(id);
    },
  };
}
