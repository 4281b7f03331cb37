/**
 * A sliding window counter: what was taken in this window of the clock, and of the window before as much as still
 * overlaps the last `windowMs`. So no span of one window's length gets more than the limit and what an even flow in the
 * window before would have left over. It stands here twice, for memory and for Redis, whose clock then is the only one.
 */
export type WindowState = { readonly window: number; readonly current: number; readonly previous: number };

export type Take = {
  readonly points: number;
  readonly limit: number;
  readonly windowMs: number;
  readonly nowMs: number;
};

/** `consumed` is beyond the limit when the points were refused; `waitMs`: until they can be had, or the window ends. */
export type Taken = { readonly state: WindowState; readonly consumed: number; readonly waitMs: number };

export function takeFromWindow(before: WindowState | undefined, { points, limit, windowMs, nowMs }: Take): Taken {
  const window = Math.floor(nowMs / windowMs);
  const elapsedMs = nowMs - window * windowMs;
  const isSame = before?.window === window;
  const current = isSame ? before.current : 0;
  const previous = isSame ? before.previous : before?.window === window - 1 ? before.current : 0;
  const used = (previous * (windowMs - elapsedMs)) / windowMs + current;
  if (used + points <= limit)
    return {
      state: { window, current: current + points, previous },
      consumed: Math.ceil(used + points),
      waitMs: windowMs - elapsedMs,
    };
  // What can never be had uses up what is left: twenty tries in one request are not free because five are allowed.
  const spent = points > limit ? Math.max(0, Math.floor(limit - used)) : 0;
  const waitMs = points > limit ? windowMs : waitFor({ current, previous, free: limit - points, elapsedMs, windowMs });
  return { state: { window, current: current + spent, previous }, consumed: limit + 1, waitMs: Math.ceil(waitMs) };
}

function waitFor(at: { current: number; previous: number; free: number; elapsedMs: number; windowMs: number }): number {
  const { current, previous, free, elapsedMs, windowMs } = at;
  if (current <= free) return windowMs * (1 - (free - current) / previous) - elapsedMs;
  return windowMs - elapsedMs + windowMs * (1 - free / current);
}

/** Arguments as rate-limiter-flexible gives them: points, seconds, limit, seconds. Answers consumed and waitMs. */
export const takeFromWindowScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local points, limit, length = tonumber(ARGV[1]), tonumber(ARGV[3]), ARGV[4] * 1000
local window = math.floor(now / length)
local elapsed = now - window * length
local stored = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local before, current, previous = tonumber(stored[1]), 0, 0
if before == window then
  current, previous = tonumber(stored[2]), tonumber(stored[3])
elseif before == window - 1 then
  previous = tonumber(stored[2])
end
local used = previous * (length - elapsed) / length + current
local consumed, wait
if used + points <= limit then
  current = current + points
  consumed = math.ceil(used + points)
  wait = length - elapsed
else
  consumed = limit + 1
  if points > limit then
    current = current + math.max(0, math.floor(limit - used))
    wait = length
  else
    local free = limit - points
    if current <= free then
      wait = length * (1 - (free - current) / previous) - elapsed
    else
      wait = length - elapsed + length * (1 - free / current)
    end
  end
end
redis.call('HSET', KEYS[1], 'window', window, 'current', current, 'previous', previous)
redis.call('PEXPIRE', KEYS[1], 2 * length)
return { consumed, math.ceil(wait) }
`;
