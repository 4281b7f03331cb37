import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export type SocketTarget = {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions | undefined;
  readonly onConnect: () => void;
};

/**
 * The sockets of one client, which `sever` breaks for good: what still runs in the client fails at once, and nothing of it
 * can reach a broker any more, however often it tries again.
 */
export type SeverableSockets = {
  /** Throws once severed. */
  open(target: SocketTarget): Socket;
  sever(): void;
  isSevered(): boolean;
};

const keepAliveMs = 10_000;

export function createSeverableSockets(): SeverableSockets {
  const sockets = new Set<Socket>();
  let isSevered = false;
  return {
    isSevered: () => isSevered,
    open({ host, port, ssl, onConnect }) {
      if (isSevered) throw givenUp();
      const servername = isIP(host) === 0 ? { servername: host } : {};
      const socket = ssl
        ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
        : connect({ host, port }, onConnect);
      socket.setKeepAlive(true, keepAliveMs);
      socket.setNoDelay(true);
      // At every disconnect of a closed socket kafkajs leaves a listener for its next connect, which never comes.
      socket.setMaxListeners(0);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    sever() {
      isSevered = true;
      // With an error: a client that is not told waits for the answers it misses.
      for (const socket of sockets) socket.destroy(givenUp());
    },
  };
}

function givenUp(): Error {
  return new Error('No answer came in time, or the client was stopped.');
}
