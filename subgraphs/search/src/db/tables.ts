/** None of its own yet: the inbox and the outbox belong to their packages. */
export type Tables = Readonly<Record<never, never>>;
