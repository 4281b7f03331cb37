import { colour } from './colour.mjs';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const redrawEveryMs = 120;
const repeatEveryMs = 5_000;

let live;

/** Prints a line; a live progress line moves down to make room. */
export function printLine(text) {
  if (live) process.stdout.write('\r\u001b[2K');
  process.stdout.write(`${text}\n`);
  live?.draw();
}

/**
 * Shows that something is going on: one line with the elapsed seconds on a terminal, else a line every few seconds.
 * `title` reads like "installing packages", `done` like "packages installed".
 */
export async function withProgress({ title, done }, work) {
  const startedAtMs = Date.now();
  let detail = '';
  const seconds = () => (Date.now() - startedAtMs) / 1000;
  const text = () => `${title}${detail ? ` · ${detail}` : ''} ${colour('dim', `(${Math.floor(seconds())} s)`)}`;
  const stopShowing = process.stdout.isTTY ? showLive(text) : showLines(text);
  const finish = (mark, line) => {
    stopShowing();
    printLine(`${mark} ${line} ${colour('dim', `(${seconds().toFixed(1)} s)`)}`);
  };
  try {
    const result = await work((text) => {
      detail = text;
    });
    finish(colour('green', '✓'), done);
    return result;
  } catch (error) {
    finish(colour('red', '✗'), title);
    throw error;
  }
}

function showLive(text) {
  let frame = 0;
  const draw = () => {
    frame = (frame + 1) % frames.length;
    const width = process.stdout.columns || 80;
    const line = `${frames[frame]} ${text()}`;
    // Colour codes count for nothing on the screen; a line that wraps could not be erased.
    process.stdout.write(`\r\u001b[2K${line.length > width + 8 ? line.slice(0, width - 1) : line}`);
  };
  const timer = setInterval(draw, redrawEveryMs);
  live = { draw };
  draw();
  return () => {
    clearInterval(timer);
    live = undefined;
    process.stdout.write('\r\u001b[2K');
  };
}

function showLines(text) {
  const timer = setInterval(() => process.stdout.write(`… ${text()}\n`), repeatEveryMs);
  return () => clearInterval(timer);
}
