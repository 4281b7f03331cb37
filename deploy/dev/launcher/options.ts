/** What start.mjs read from the command line, checked. */
export type LauncherOptions = {
  readonly port: number;
  /** Address of the gateway; all else is on loopback. */
  readonly host: string;
  readonly dataDir: string;
  /** Undefined: as many people as there are, or the default number. */
  readonly seedSize: number | undefined;
  /** Runs a Kafka for the events. */
  readonly kafka: boolean;
  /** Runs a Redis. */
  readonly redis: boolean;
  /** Processes that the gateway serves from. */
  readonly workers: number;
  readonly verbose: boolean;
  /** When the person started it. */
  readonly startedAtMs: number;
};

/** Where this machine reaches the gateway: a wildcard listens on loopback too, any other address on itself alone. */
export function gatewayUrl({ host, port }: Pick<LauncherOptions, 'host' | 'port'>, path = '/'): string {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}${path}`;
}
