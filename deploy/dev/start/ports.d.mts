export type NeededPort = { readonly port: number; readonly host: string; readonly part: string };
export function portsOf(options: { port: number; host: string }): NeededPort[];
export function requireFreePorts(options: { port: number; host: string }): Promise<void>;
