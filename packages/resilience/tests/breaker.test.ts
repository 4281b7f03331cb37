import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BreakerLimits, type BreakerState, createBreaker } from '../src/index.ts';

const refused = new Error('refused');
const broken = new Error('broken');
const gone = new Error('gone');

type Outcome = 'succeed' | 'fail' | 'go-away';

function setUp(limits: BreakerLimits) {
  let timeMs = 0;
  const changes: BreakerState[] = [];
  const breaker = createBreaker({
    ...limits,
    isFailure: (error) => error === broken,
    refusal: () => refused,
    onStateChange: (state) => changes.push(state),
    now: () => timeMs,
  });
  /** Undefined when the call is refused. */
  const begin = () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let hasBegun = false;
    const ended = breaker
      .run(() => {
        hasBegun = true;
        return promise;
      })
      .catch((error: unknown) => error);
    if (!hasBegun) return undefined;
    return async (outcome: Outcome) => {
      if (outcome === 'succeed') resolve();
      else reject(outcome === 'fail' ? broken : gone);
      await ended;
    };
  };
  const call = async (outcome: Outcome) => {
    const end = begin();
    await end?.(outcome);
    return end !== undefined;
  };
  const pass = (ms: number) => {
    timeMs += ms;
  };
  return { breaker, changes, begin, call, pass };
}

test('failures in a row open it, a success between them starts the count anew, and open it refuses at once', async () => {
  const { breaker, call } = setUp({ failures: 3, successes: 1, openMs: 100 });
  for (const outcome of ['fail', 'fail', 'succeed', 'fail', 'fail'] as const) await call(outcome);
  expect(breaker.state).toBe('closed');
  await call('fail');
  expect(breaker.state).toBe('open');
  await expect(breaker.run(async () => 1)).rejects.toBe(refused);
});

test('half-open it tries one call at a time and closes after the successes in a row that it asks for', async () => {
  const { breaker, changes, begin, call, pass } = setUp({ failures: 1, successes: 2, openMs: 100 });
  await call('fail');
  pass(99);
  expect(begin()).toBeUndefined();
  pass(1);
  const trial = begin();
  expect(begin()).toBeUndefined();
  await trial?.('succeed');
  expect(breaker.state).toBe('half-open');
  await call('succeed');
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});

test('one failed trial opens it again for the whole time', async () => {
  const { changes, call, pass } = setUp({ failures: 1, successes: 2, openMs: 100 });
  await call('fail');
  pass(100);
  await call('succeed');
  await call('fail');
  pass(99);
  expect(await call('succeed')).toBe(false);
  expect(changes).toEqual(['open', 'half-open', 'open']);
});

test('a trial that was given up leaves its place to the next one and says nothing', async () => {
  const { breaker, call, pass } = setUp({ failures: 1, successes: 1, openMs: 100 });
  await call('fail');
  pass(100);
  await call('go-away');
  expect(breaker.state).toBe('half-open');
  await call('succeed');
  expect(breaker.state).toBe('closed');
});

test('work that waited until the breaker had opened is not begun, not even beside a trial', async () => {
  const { breaker, call, pass } = setUp({ failures: 1, successes: 1, openMs: 100 });
  const { promise: turn, resolve: go } = Promise.withResolvers<void>();
  const waiting = breaker.run(async (recheck) => {
    await turn;
    recheck();
  });
  await call('fail');
  pass(100);
  await call('go-away');
  go();
  await expect(waiting).rejects.toBe(refused);
});

/** What the breaker promises, said in another way: from the results since it last changed. */
class Model {
  state: BreakerState = 'closed';
  results: boolean[] = [];
  epoch = 0;
  opensUntil = 0;
  readonly limits: BreakerLimits;

  constructor(limits: BreakerLimits) {
    this.limits = limits;
  }

  change(state: BreakerState, timeMs: number) {
    this.state = state;
    this.results = [];
    this.epoch += 1;
    if (state === 'open') this.opensUntil = timeMs + this.limits.openMs;
  }

  admits(timeMs: number, running: readonly { epoch: number }[]): boolean {
    if (this.state === 'open' && timeMs >= this.opensUntil) this.change('half-open', timeMs);
    if (this.state === 'half-open') return !running.some(({ epoch }) => epoch === this.epoch);
    return this.state === 'closed';
  }

  end(epoch: number, outcome: Outcome, timeMs: number) {
    if (epoch !== this.epoch || outcome === 'go-away') return;
    this.results.push(outcome === 'succeed');
    const lastAre = (result: boolean, count: number) =>
      this.results.length >= count && this.results.slice(-count).every((it) => it === result);
    if (this.state === 'closed' && lastAre(false, this.limits.failures)) this.change('open', timeMs);
    else if (this.state === 'half-open' && lastAre(false, 1)) this.change('open', timeMs);
    else if (this.state === 'half-open' && lastAre(true, this.limits.successes)) this.change('closed', timeMs);
  }
}

test('whatever succeeds, fails, goes away and overlaps, it lets through and refuses what its model does', async () => {
  const limits = fc.record({
    failures: fc.integer({ min: 1, max: 4 }),
    successes: fc.integer({ min: 1, max: 3 }),
    openMs: fc.integer({ min: 1, max: 5 }),
  });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        which: fc.nat({ max: 2 }),
        outcome: fc.constantFrom<Outcome>('succeed', 'fail', 'fail', 'go-away'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 80, size: 'max' }), async (limits, steps) => {
      const { breaker, begin, pass } = setUp(limits);
      const model = new Model(limits);
      const running: { epoch: number; end(outcome: Outcome): Promise<void> }[] = [];
      let timeMs = 0;
      for (const step of steps) {
        if (step.kind === 'begin') {
          const admits = model.admits(timeMs, running);
          const end = begin();
          expect(end !== undefined).toBe(admits);
          if (end) running.push({ epoch: model.epoch, end });
        } else if (step.kind === 'pass') {
          timeMs += step.ms;
          pass(step.ms);
        } else {
          const [call] = running.splice(step.which, 1);
          if (call) {
            await call.end(step.outcome);
            model.end(call.epoch, step.outcome, timeMs);
          }
        }
        expect(breaker.state).toBe(model.state);
      }
    }),
    { numRuns: 300 },
  );
});
