/** What start.mjs read from the command line, checked. */
export type LauncherOptions = {
  readonly port: number;
  /** Address of the gateway; all else is on loopback. */
  readonly host: string;
  readonly dataDir: string;
  /** Undefined: as many people as there are, or the default number. */
  readonly seedSize: number | undefined;
  readonly verbose: boolean;
  /** When the person started it. */
  readonly startedAtMs: number;
};
