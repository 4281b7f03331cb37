import { type DirectSession, type DirectSessionOptions, openDirectSession } from '@nova/postgres';
import { backoffMs, waitFor } from '@nova/resilience';
import type { LogConsumer } from '../event-log.ts';
import { type GroupMember, joinGroup, type MemberOptions } from './group-member.ts';
import { retrying } from './retrying.ts';

export type PostgresConsumerOptions = MemberOptions & {
  readonly session: DirectSessionOptions;
  /** How often the members share out the partitions anew. */
  readonly balanceMs: number;
};

export type PostgresConsumer = LogConsumer & {
  /** Resolves when it joined the group, or first failed to and goes on trying. */
  readonly begun: Promise<void>;
};

export function startPostgresConsumer(options: PostgresConsumerOptions): PostgresConsumer {
  const stopping = new AbortController();
  const begun = Promise.withResolvers<void>();

  async function run(): Promise<void> {
    let failures = 0;
    const onJoined = () => {
      failures = 0;
      begun.resolve();
    };
    while (!stopping.signal.aborted) {
      try {
        await consumeInOneSession(options, { signal: stopping.signal, onJoined });
      } catch (error) {
        begun.resolve();
        if (stopping.signal.aborted) return;
        failures += 1;
        options.onTrouble?.({ what: 'the session with the event log was lost', error });
        await waitFor(backoffMs(retrying, failures), stopping.signal);
      }
    }
  }

  const running = run().finally(begun.resolve);
  return {
    begun: begun.promise,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Returns when `signal` aborts, and rejects when the session is lost; nothing is being delivered any more then. */
async function consumeInOneSession(
  options: PostgresConsumerOptions,
  { signal, onJoined }: { signal: AbortSignal; onJoined(): void },
): Promise<void> {
  const session = await openDirectSession({ ...options.session, abandon: signal });
  let member: GroupMember | undefined;
  try {
    member = await joinGroup(session, options);
    const either = AbortSignal.any([signal, session.lost]);
    while (!signal.aborted) {
      await member.balance();
      onJoined();
      await waitFor(options.balanceMs, either);
      session.lost.throwIfAborted();
    }
    await whileAlive(session, { everyMs: options.balanceMs, work: member.stop() });
  } finally {
    session.end();
    await member?.stop();
  }
}

/** Keeps an idle session from being ended while `work` lasts. */
async function whileAlive(session: DirectSession, options: { everyMs: number; work: Promise<void> }): Promise<void> {
  const done = new AbortController();
  const working = options.work.finally(() => done.abort());
  while (!done.signal.aborted && !session.lost.aborted) {
    await session.query('select').catch(() => undefined);
    await waitFor(options.everyMs, AbortSignal.any([done.signal, session.lost]));
  }
  await working;
}
