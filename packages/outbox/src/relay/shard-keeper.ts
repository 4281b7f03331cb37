import { joinParts, type Session } from '@nova/postgres';
import { shardCount } from '../shards.ts';
import type { RelayLimits } from './relay-limits.ts';
import type { RelayObserver } from './relay-observer.ts';

/** The shards this relay owns by locks of its session. */
export type ShardKeeper = {
  readonly owned: ReadonlySet<string>;
  /** Whether this relay owns more than its share, and others wait. */
  hasSurplus(): boolean;
  /** Lets others take what is over this relay's share. Only while no rows of it were read that are still to be sent. */
  releaseSurplus(): Promise<void>;
  stop(): void;
};

const shards = Array.from({ length: shardCount }, (_, shard) => String(shard));

/** Joins the relays of the schema, then balances by itself until stopped, which keeps the session from idling. */
export async function keepShards(
  session: Session,
  options: { schema: string; limits: RelayLimits; observer: RelayObserver; onChange: () => void },
): Promise<ShardKeeper> {
  const { schema, limits, observer, onChange } = options;
  const parts = await joinParts(session, {
    scope: `outbox:${schema}`,
    parts: shards,
    idleTimeoutMs: limits.idleTimeoutMs,
  });
  let surplus: readonly string[] = [];
  let members = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const tell = () => observer.onOwnership?.({ shards: parts.owned.size, members });
  const balance = async () => {
    const found = await parts.balance();
    surplus = found.surplus;
    const isNew = found.taken.length > 0 || found.members !== members;
    members = found.members;
    if (isNew) tell();
    if (isNew || surplus.length > 0) onChange();
  };
  const again = () => {
    if (stopped) return;
    // Whoever has less than its share waits for somebody's release or end.
    const isShort = parts.owned.size < Math.floor(shardCount / Math.max(1, members));
    timer = setTimeout(
      () => {
        // An error here is the end of the session, which its users are told.
        balance().then(again, () => undefined);
      },
      isShort ? limits.balanceMs / 4 : limits.balanceMs,
    );
  };
  await balance();
  again();
  return {
    owned: parts.owned,
    hasSurplus: () => surplus.length > 0,
    async releaseSurplus() {
      if (surplus.length === 0) return;
      const given = surplus;
      surplus = [];
      await parts.release(given);
      tell();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
