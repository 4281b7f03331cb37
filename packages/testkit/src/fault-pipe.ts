import type { Socket } from 'node:net';

/** What may be wrong with the way between a client and its server. */
export type Fault =
  /** Every byte comes so much later, in both directions. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** In each direction of each connection. */
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Open connections are ended by RST, new ones at once after they were accepted. */
  | { readonly kind: 'reset' }
  /** Connections are accepted and stay, but nothing passes: no byte, no FIN, no RST. */
  | { readonly kind: 'half-open' }
  /** Open connections are ended by RST, new ones are refused. */
  | { readonly kind: 'down' };

export type FaultPipe = {
  /** Something was swallowed, so that what follows must not arrive. */
  readonly hasLost: boolean;
  /** To be called when the fault has changed. */
  update(): void;
  stop(): void;
};

const maxBufferedBytes = 1024 * 1024;
const slicesPerSecond = 20;

type Chunk = { readonly bytes: Buffer; readonly receivedAtMs: number };

/** Passes on what `from` sends to `to`, in order, as `fault` allows at that moment; holds at most 1 MiB and then reads no more. */
export function startFaultPipe(from: Socket, to: Socket, fault: () => Fault | undefined): FaultPipe {
  const pipe = new Pipe(from, to, fault);
  from.on('data', (bytes) => pipe.take(bytes));
  from.on('end', () => pipe.end());
  to.on('drain', () => pipe.update());
  return pipe;
}

class Pipe implements FaultPipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #fault: () => Fault | undefined;
  #chunks: Chunk[] = [];
  #bufferedBytes = 0;
  #hasEnded = false;
  #freeAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  hasLost = false;

  constructor(from: Socket, to: Socket, fault: () => Fault | undefined) {
    this.#from = from;
    this.#to = to;
    this.#fault = fault;
  }

  take(bytes: Buffer): void {
    this.#chunks.push({ bytes, receivedAtMs: performance.now() });
    this.#bufferedBytes += bytes.length;
    this.update();
  }

  end(): void {
    this.#hasEnded = true;
    this.update();
  }

  update(): void {
    clearTimeout(this.#timer);
    if (this.#fault()?.kind === 'half-open') this.#swallow();
    else if (!this.hasLost) this.#pump();
    if (this.#bufferedBytes >= maxBufferedBytes) this.#from.pause();
    else this.#from.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #swallow(): void {
    if (this.#chunks.length > 0 || this.#hasEnded) this.hasLost = true;
    this.#forget();
  }

  #forget(): void {
    this.#chunks = [];
    this.#bufferedBytes = 0;
  }

  #pump(): void {
    for (let chunk = this.#chunks[0]; chunk; chunk = this.#chunks[0]) {
      if (this.#to.writableNeedDrain) return;
      const waitMs = this.#waitMs(chunk);
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.update(), waitMs);
        return;
      }
      this.#write(chunk);
    }
    if (this.#hasEnded && !this.#to.writableEnded) this.#to.end();
  }

  #waitMs(chunk: Chunk): number {
    const fault = this.#fault();
    const latencyMs = fault?.kind === 'latency' ? fault.ms : 0;
    const freeAtMs = fault?.kind === 'bandwidth' ? this.#freeAtMs : 0;
    return Math.ceil(Math.max(chunk.receivedAtMs + latencyMs, freeAtMs) - performance.now());
  }

  #write(chunk: Chunk): void {
    const fault = this.#fault();
    const rate = fault?.kind === 'bandwidth' ? fault.bytesPerSecond : undefined;
    const bytes = rate ? chunk.bytes.subarray(0, Math.max(1, Math.floor(rate / slicesPerSecond))) : chunk.bytes;
    const rest = chunk.bytes.subarray(bytes.length);
    if (rest.length > 0) this.#chunks[0] = { bytes: rest, receivedAtMs: chunk.receivedAtMs };
    else this.#chunks.shift();
    this.#bufferedBytes -= bytes.length;
    if (rate) this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + (bytes.length / rate) * 1000;
    this.#to.write(bytes);
  }
}
