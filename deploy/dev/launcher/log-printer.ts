import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Colour, colour } from '../bootstrap/colour.mjs';
import { printLine } from '../bootstrap/progress.mjs';

export type LogPrinter = {
  /** Prints the lines of a process's output under its name. */
  follow(name: string, stream: Readable): void;
  /** A line of the launcher's own about a part. */
  notice(name: string, text: string): void;
  line(name: string, raw: string): void;
  print(text: string): void;
  /** From now on information is shown too, not only warnings and errors. */
  showInfo(): void;
  hideInfo(): void;
};

const nameColours: readonly Colour[] = ['grey', 'cyan', 'green', 'magenta', 'blue', 'yellow'];
const levelColours: Readonly<Record<string, Colour>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  debug: 'grey',
  trace: 'grey',
};
const quietLevels = new Set(['info', 'debug', 'trace']);
/** What every line has and nobody reads. */
const omitted = new Set(['level', 'time', 'pid', 'hostname', 'service', 'msg', 'err']);

/** Turns JSON log lines into `name | level message key=value`; other text passes as it is, under the same name. */
export function createLogPrinter(options: { names: readonly string[]; verbose: boolean }): LogPrinter {
  const width = Math.max(...options.names.map((name) => name.length));
  let showInfo = options.verbose;
  const prefix = (name: string) => {
    const at = Math.max(options.names.indexOf(name), 0);
    return `${colour(nameColours[at % nameColours.length] ?? 'grey', name.padEnd(width))} ${colour('dim', '|')} `;
  };
  const line = (name: string, raw: string) => {
    if (raw.trim() === '') return;
    const entry = parseEntry(raw);
    if (!showInfo && entry && quietLevels.has(entry.level)) return;
    for (const text of entry ? formatEntry(entry) : [raw]) printLine(prefix(name) + text);
  };
  return {
    follow(name, stream) {
      createInterface({ input: stream }).on('line', (raw) => line(name, raw));
    },
    line,
    notice: (name, text) => printLine(prefix(name) + colour('yellow', text)),
    print: printLine,
    showInfo() {
      showInfo = true;
    },
    hideInfo() {
      showInfo = options.verbose;
    },
  };
}

type Entry = { readonly level: string; readonly fields: Readonly<Record<string, unknown>> };

function parseEntry(raw: string): Entry | undefined {
  if (!raw.startsWith('{')) return undefined;
  try {
    const fields = JSON.parse(raw);
    return typeof fields.level === 'string' ? { level: fields.level, fields } : undefined;
  } catch {
    return undefined;
  }
}

/** The line, and below it the stack of an error. */
function formatEntry({ level, fields }: Entry): string[] {
  const pairs = Object.entries(fields)
    .filter(([key]) => !omitted.has(key))
    .map(([key, value]) => `${colour('dim', `${key}=`)}${valueText(value)}`);
  const err = fields.err as { message?: string; stack?: string } | undefined;
  const shortLevel = level.padEnd(5);
  const colouredLevel = levelColours[level] ? colour(levelColours[level], shortLevel) : shortLevel;
  const stack = (err?.stack ?? err?.message ?? '').split('\n').filter((text) => text.trim() !== '');
  return [
    [colouredLevel, String(fields.msg ?? ''), ...pairs].join(' '),
    ...stack.map((text) => `      ${text.trimEnd()}`),
  ];
}

function valueText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
