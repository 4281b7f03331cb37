import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A client may send requests before it has read earlier answers; few do, and none may fill the gateway alone. */
export const maxPipelined = 16;

/** Refuses the first request that is too many of its connection, which ends after it; what follows is ignored. */
export function boundPipelining(handle: RequestListener, refuse: (response: ServerResponse) => void): RequestListener {
  const underWay = new WeakMap<Socket, number>();
  const refused = new WeakSet<Socket>();
  const add = (socket: Socket, count: number) => underWay.set(socket, (underWay.get(socket) ?? 0) + count);
  return (request, response) => {
    const { socket } = request;
    if (refused.has(socket)) return;
    if ((underWay.get(socket) ?? 0) >= maxPipelined) {
      refused.add(socket);
      refuse(response);
      return;
    }
    add(socket, 1);
    // Not at once: what arrives in one turn of the event loop keeps it busy, even if each is answered before the next is read.
    response.once('close', () => setImmediate(() => add(socket, -1)));
    handle(request, response);
  };
}
