/** A process and when it started: its number alone is given to somebody else sooner or later. */
export type Identity = { readonly pid: number; readonly startedAt: string };
export function identify(pid: number): Identity | undefined;
export function isRunning(identity: Identity): boolean;
export function commandOf(pid: number): string | undefined;
export function sendSignal(pid: number, signal: NodeJS.Signals): void;
export function endLeftovers(
  processes: ReadonlyArray<Identity & { readonly name: string }>,
  graceMs: number,
): Promise<void>;
