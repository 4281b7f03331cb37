/** Loaded before anything else: puts the clock of the process forward by as many milliseconds as `?by=` says, or back. */
const byMs = Number(new URL(import.meta.url).searchParams.get('by'));
const TrueDate = Date;

class ShiftedDate extends TrueDate {
  constructor(...given: [] | [number]) {
    if (given.length === 0) super(TrueDate.now() + byMs);
    else super(...given);
  }

  static override now(): number {
    return TrueDate.now() + byMs;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
