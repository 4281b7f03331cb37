/** Parts of an outbox that relays divide among themselves; a key's events are all in one. Rows carry the number, so it stays. */
export const shardCount = 16;
