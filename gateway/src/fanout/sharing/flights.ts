import { hash } from 'node:crypto';
import type { Deadline } from '@nova/resilience';
import type { WriteClock } from './write-clock.ts';

/** Work under way that others may join who ask for the same. */
export type Flights<T> = {
  /**
   * Joins what is under way for this text, or starts it. `landed` settles like the work; it rejects with the reason of the
   * passenger's own signal when that aborts while others still wait.
   */
  board(text: string, passenger: Passenger, start: (deadline: Deadline) => Promise<T>): Boarding<T>;
};

export type Passenger = { readonly writer: string; readonly deadline: Deadline };
export type Boarding<T> = { readonly joined: boolean; readonly landed: Promise<T> };

/** Of his time: who came a little later has a little more, for which alone nobody asks again. */
const enough = 0.9;

type Waiting<T> = Pick<PromiseWithResolvers<T>, 'resolve' | 'reject'>;

type Flight<T> = {
  readonly begunAt: number;
  readonly waiting: Set<Waiting<T>>;
  /** Whose time whatever was sent has at least. */
  readonly first: Deadline;
  /** Of all who came, the one with the most time. */
  longest: Deadline;
  readonly end: AbortController;
};

/**
 * As many as passengers wait at most. The work goes on while one of them waits: it has the time of the one with the most, and is
 * aborted when the last one leaves. Nobody joins what he would outlive: a subgraph was told how much time it has when it was
 * asked, which is all of `fullTimeMs` or what was left to the first. All but one get a `copy` of the outcome.
 */
export function createFlights<T>(options: {
  fullTimeMs: number;
  clock: WriteClock;
  copy: (outcome: T) => T;
}): Flights<T> {
  const { fullTimeMs, clock, copy } = options;
  // Not a Map: one whose entries come and go is copied again and again, and each copy that has grown old keeps the next ones,
  // with all whose flights they had, until a full garbage collection.
  const flights: { [key: string]: Flight<T> } = Object.create(null);

  const mayJoin = ({ begunAt, first }: Flight<T>, { writer, deadline }: Passenger): boolean => {
    const leftMs = first.remainingMs();
    return leftMs >= Math.min(fullTimeMs, deadline.remainingMs() * enough) && clock.isAfterWrites(begunAt, writer);
  };

  const close = (key: string, flight: Flight<T>) => {
    if (flights[key] === flight) delete flights[key];
  };

  const depart = (key: string, { deadline }: Passenger): Flight<T> => {
    const flight = {
      begunAt: clock.begin(),
      waiting: new Set<Waiting<T>>(),
      first: deadline,
      longest: deadline,
      end: new AbortController(),
    };
    flights[key] = flight;
    return flight;
  };

  const seat = async (key: string, flight: Flight<T>, { deadline }: Passenger): Promise<T> => {
    const { promise, ...waiting } = Promise.withResolvers<T>();
    const { signal } = deadline;
    flight.waiting.add(waiting);
    if (deadline.remainingMs() > flight.longest.remainingMs()) flight.longest = deadline;
    const leave = () => {
      if (flight.waiting.size > 1) {
        flight.waiting.delete(waiting);
        waiting.reject(signal.reason);
        return;
      }
      close(key, flight);
      // The last one waits for how it ends, as if it had been alone.
      flight.end.abort(signal.reason);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', leave));
  };

  const fly = async (key: string, flight: Flight<T>, start: (deadline: Deadline) => Promise<T>): Promise<void> => {
    const deadline = { remainingMs: () => flight.longest.remainingMs(), signal: flight.end.signal, clear() {} };
    try {
      const outcome = await start(deadline);
      close(key, flight);
      // All copies are made before anybody can change the original.
      for (const [at, { resolve }] of [...flight.waiting].entries()) resolve(at === 0 ? outcome : copy(outcome));
    } catch (error) {
      close(key, flight);
      for (const { reject } of flight.waiting) reject(error);
    }
  };

  return {
    board(text, passenger, start) {
      // What an object has for a key is kept for longer than it is used.
      const key = hash('sha256', text, 'base64');
      const known = flights[key];
      const joined = known !== undefined && mayJoin(known, passenger);
      const flight = joined ? known : depart(key, passenger);
      const landed = seat(key, flight, passenger);
      if (!joined) void fly(key, flight, start);
      return { joined, landed };
    },
  };
}
