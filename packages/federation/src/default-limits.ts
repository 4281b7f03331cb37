/** What the gateway allows an operation unless its settings say otherwise. */
export const defaultLimits = { maxDepth: 10, maxComplexity: 1_000, maxFetches: 10, maxWaves: 6 } as const;
