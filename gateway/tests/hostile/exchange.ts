import { connect } from 'node:net';

/** Bytes as they go over a connection of their own. */
export type Message = {
  readonly bytes: Buffer;
  /** Whether the client ends its side when it has written them; else they must make the gateway end the connection. */
  readonly hangsUp: boolean;
};

export type RawAnswer = { readonly status: number; readonly body: string };

const answerWithinMs = 60_000;

/** Sends a message as it is and reads what comes back until the connection ends, or is reset. */
export async function exchange(url: string, { bytes, hangsUp }: Message): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error('The gateway did not answer.')));
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  socket.once('end', () => socket.end());
  socket.once('close', () => resolve());
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
  });
  if (hangsUp) socket.end(bytes);
  else socket.write(bytes);
  await closed;
  return toAnswers(Buffer.concat(received));
}

/** Nova's answers say how long they are. */
function toAnswers(received: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = received; rest.length > 0; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) throw new Error(`Not an HTTP answer: ${rest.toString().slice(0, 200)}`);
    const head = rest.subarray(0, headEnd).toString('latin1');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    const bodyEnd = headEnd + 4 + length;
    // 100 Continue is not the answer yet.
    if (status !== 100) answers.push({ status, body: rest.subarray(headEnd + 4, bodyEnd).toString() });
    rest = rest.subarray(bodyEnd);
  }
  return answers;
}
