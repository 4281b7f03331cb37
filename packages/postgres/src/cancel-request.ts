import pg from 'pg';

/** What pg knows of a connection beyond what its types tell. */
export type CancelTarget = {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly processID: number | null;
  readonly secretKey: number | null;
};

/**
 * Asks the server, over a connection of its own, to cancel what runs on another. Resolves when the server has passed the request on:
 * what is sent there from now on is safe. Rejects when that is not known within `timeoutMs`.
 */
export function sendCancelRequest(target: CancelTarget, timeoutMs: number): Promise<void> {
  const connection = new pg.Connection({ ssl: target.ssl } as pg.ConnectionConfig) as pg.Connection & {
    connect(port: number | string, host?: string): void;
    requestSsl(): void;
    cancel(processID: number | null, secretKey: number | null): void;
  };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => connection.emit('error', new Error('The cancel request took too long.')), timeoutMs);
  const cancel = () => connection.cancel(target.processID, target.secretKey);
  connection.on('connect', () => (target.ssl ? connection.requestSsl() : cancel()));
  connection.on('sslconnect', cancel);
  connection.on('error', (error: Error) => {
    reject(error);
    connection.stream.destroy();
  });
  // The server answers with nothing but the end of the connection, once it has signalled the process.
  connection.on('end', () => {
    clearTimeout(timer);
    resolve();
  });
  if (target.host.startsWith('/')) connection.connect(`${target.host}/.s.PGSQL.${target.port}`);
  else connection.connect(target.port, target.host);
  return promise;
}
