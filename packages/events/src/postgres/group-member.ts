import type { DirectSession } from '@nova/postgres';
import { joinParts, type PartOwnership } from '@nova/postgres';
import type { ConsumeOptions } from '../event-log.ts';
import { type BatchLimit, type PartitionState, planByOffset, recordsChannel, selectPartitions } from './log-tables.ts';
import { type PartitionDelivery, startDelivery } from './partition-delivery.ts';

export type MemberOptions = ConsumeOptions & { readonly limit: BatchLimit; readonly idleTimeoutMs: number };

/** One session's part in a group: the partitions it owns and their deliveries. */
export type GroupMember = {
  /** Takes and gives up partitions, looks for records that no notification told of; the session's sign of life. */
  balance(): Promise<void>;
  /** Aborts all deliveries and waits for them. */
  stop(): Promise<void>;
};

type Part = { readonly topic: string; readonly part: string; readonly delivery: PartitionDelivery };

export async function joinGroup(session: DirectSession, options: MemberOptions): Promise<GroupMember> {
  const { group, topics } = options;
  const ownerships = new Map<string, PartOwnership>();
  const parts = new Map<string, Part>();
  const leaving = new Set<Part>();
  const missing = new Set<string>();

  const joinTopic = async (topic: string, states: readonly PartitionState[]) => {
    const owned = states.filter((state) => state.topic === topic).map(({ partition }) => String(partition));
    if (owned.length > 0) {
      // As JSON, so that no group and topic read as another group and topic.
      const scope = `event_log:${JSON.stringify([group, topic])}`;
      ownerships.set(topic, await joinParts(session, { scope, parts: owned, idleTimeoutMs: options.idleTimeoutMs }));
    } else if (!missing.has(topic)) {
      missing.add(topic);
      options.onTrouble?.({ what: `there is no topic ${topic} yet` });
    }
  };

  const take = (topic: string, part: string) => {
    const of = { group, topic, partition: Number(part) };
    parts.set(`${topic} ${part}`, { topic, part, delivery: startDelivery(session, { ...options, of }) });
  };

  const giveUp = async (part: Part | undefined, ownership: PartOwnership) => {
    if (!part || leaving.has(part)) return;
    leaving.add(part);
    options.onTrouble?.({ what: `${part.topic}/${part.part} is given up to another member` });
    await part.delivery.stop();
    parts.delete(`${part.topic} ${part.part}`);
    leaving.delete(part);
    // Should the session be gone, so is the lock.
    await ownership.release([part.part]).catch(() => undefined);
  };

  await planByOffset(session);
  await session.listen(recordsChannel, (payload) => {
    const [topic, ...changed] = payload.split(' ');
    for (const part of changed) parts.get(`${topic} ${part}`)?.delivery.wake();
  });
  return {
    async balance() {
      const states = await selectPartitions(session, topics);
      for (const topic of topics) if (!ownerships.has(topic)) await joinTopic(topic, states);
      for (const [topic, ownership] of ownerships) {
        const { taken, surplus } = await ownership.balance();
        for (const part of taken) take(topic, part);
        for (const part of surplus) void giveUp(parts.get(`${topic} ${part}`), ownership);
      }
      for (const { topic, partition, nextOffset } of states)
        parts.get(`${topic} ${partition}`)?.delivery.wakeBefore(nextOffset);
    },
    async stop() {
      await Promise.all([...parts.values()].map(({ delivery }) => delivery.stop()));
    },
  };
}
