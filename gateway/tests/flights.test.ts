import { expect, test } from 'vitest';
import { createFlights } from '../src/fanout/sharing/flights.ts';
import { createWriteClock } from '../src/fanout/sharing/write-clock.ts';

const fullTimeMs = 100;

function newFlights() {
  const clock = createWriteClock();
  const flights = createFlights<{ value: number }>({ fullTimeMs, clock, copy: ({ value }) => ({ value }) });
  const begun: Array<PromiseWithResolvers<{ value: number }> & { remainingMs(): number; signal: AbortSignal }> = [];
  const board = (remainingMs: number) => {
    const hangUp = new AbortController();
    const deadline = { remainingMs: () => remainingMs, signal: hangUp.signal, clear() {} };
    const { joined, landed } = flights.board('key', { writer: 'u1', deadline }, (given) => {
      const work = {
        ...Promise.withResolvers<{ value: number }>(),
        remainingMs: given.remainingMs,
        signal: given.signal,
      };
      begun.push(work);
      return work.promise;
    });
    return { joined, landed, hangUp: (reason: unknown) => hangUp.abort(reason) };
  };
  return { board, begun, clock };
}

test('nobody joins what was given much less time than he has, unless it was all the time that a call may take', () => {
  const { board } = newFlights();
  const joined = [50, 80, 60, 88, 89, 200, 500, 90].map((remainingMs) => board(remainingMs).joined);
  expect(joined).toEqual([false, false, true, true, false, false, true, true]);
});

test('the work has the time of the one with the most, and outlives the others', async () => {
  const { board, begun } = newFlights();
  const [first, second] = [board(150), board(400)];
  expect(begun.map(({ remainingMs }) => remainingMs())).toEqual([400]);
  first.hangUp('the time of the first is up');
  await expect(first.landed).rejects.toBe('the time of the first is up');
  expect(begun[0]?.signal.aborted).toBe(false);
  begun[0]?.resolve({ value: 7 });
  expect(await second.landed).toEqual({ value: 7 });
});

test('when the last one leaves the work is aborted with his reason, and he is told how it ended', async () => {
  const { board, begun } = newFlights();
  const [first, second] = [board(150), board(150)];
  second.hangUp('gone');
  first.hangUp('gone too');
  expect(begun[0]?.signal.reason).toBe('gone too');
  expect(board(150).joined).toBe(false);
  begun[0]?.resolve({ value: 1 });
  expect(await first.landed).toEqual({ value: 1 });
  await expect(second.landed).rejects.toBe('gone');
});

test('all copies are made before anybody can change what came', async () => {
  const { board, begun } = newFlights();
  const all = [board(150), board(150), board(150)];
  const changed = all.map(async ({ landed }) => {
    const it = await landed;
    it.value += 1;
    return it;
  });
  begun[0]?.resolve({ value: 1 });
  const got = await Promise.all(changed);
  expect(got).toEqual([{ value: 2 }, { value: 2 }, { value: 2 }]);
  expect(new Set(got).size).toBe(3);
});

test('work that fails fails for all who wait, and the next one starts it again', async () => {
  const { board, begun } = newFlights();
  const all = [board(150), board(150)];
  begun[0]?.reject('broken');
  for (const { landed } of all) await expect(landed).rejects.toBe('broken');
  expect(board(150).joined).toBe(false);
});

test('users whose writes were forgotten join nothing from before the last that was forgotten', () => {
  const clock = createWriteClock(2);
  const before = clock.begin();
  clock.wrote('u1');
  const between = clock.begin();
  for (const user of ['u2', 'u3', 'u4']) clock.wrote(user);
  const after = clock.begin();
  expect(['u1', 'u2', 'u3', 'unheard of'].map((user) => clock.isAfterWrites(before, user))).toEqual(
    Array(4).fill(false),
  );
  expect(['u1', 'u4', 'unheard of'].map((user) => clock.isAfterWrites(between, user))).toEqual(Array(3).fill(false));
  expect(['u1', 'u4', 'unheard of'].map((user) => clock.isAfterWrites(after, user))).toEqual(Array(3).fill(true));
});
