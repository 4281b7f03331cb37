export type NeededPort = { readonly port: number; readonly host: string; readonly part: string };
type Wanted = { port: number; host: string; kafka?: boolean; redis?: boolean };
export function portsOf(options: Wanted): NeededPort[];
export function requireFreePorts(options: Wanted): Promise<void>;
