/** How long to wait before another try: doubling from `firstMs` to `mostMs`, less up to a fifth so that many do not come at once. */
export function backoffMs(tries: number, { firstMs, mostMs }: { firstMs: number; mostMs: number }): number {
  const waitMs = Math.min(mostMs, firstMs * 2 ** Math.min(tries, 30));
  return Math.round(waitMs * (1 - Math.random() / 5));
}
