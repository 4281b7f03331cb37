import type { DeadLetter, DeadLetterDetails, ParkedKey, ReplayProgress } from '@nova/outbox';
import type { DeletionPage } from '@nova/postgres';

export function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** The value, which is bytes, in base64. */
export function letterJson(letter: DeadLetterDetails): string {
  return toJson({ ...letter, value: Buffer.from(letter.value).toString('base64') });
}

export function letterTable({ letters, hasMore }: { letters: readonly DeadLetter[]; hasMore: boolean }): string {
  if (letters.length === 0) return 'No dead letters.';
  const rows = letters.map((letter) => [
    letter.id,
    letter.failedAt.toISOString(),
    letter.group,
    letter.causeCode,
    letter.eventType ?? '-',
    shown(letter.key),
    String(letter.tries),
    letter.replayRequestedBy === null ? '' : `replay asked by ${letter.replayRequestedBy}`,
  ]);
  const lines = table([['ID', 'FAILED AT', 'GROUP', 'CAUSE', 'EVENT', 'KEY', 'TRIES', ''], ...rows]);
  const more = hasMore ? ['', `More: --after ${letters.at(-1)?.id}`] : [];
  return [lines, ...more].join('\n');
}

export function parkedTable(parked: readonly ParkedKey[]): string {
  if (parked.length === 0) return 'Nothing is parked.';
  const rows = parked.map(({ eventId, parkedAt, topic, key, tries, cause }) => [
    eventId,
    parkedAt.toISOString(),
    topic,
    shown(key),
    String(tries),
    shown(cause),
  ]);
  return table([['EVENT ID', 'PARKED AT', 'TOPIC', 'KEY', 'TRIES', 'CAUSE'], ...rows]);
}

export function deletionTable({ deletions, next }: DeletionPage): string {
  if (deletions.length === 0) return 'This user deleted nothing here.';
  const rows = deletions.map(({ deletedAt, table: from, key }) => [deletedAt, from, shown(key)]);
  return [table([['DELETED AT', 'TABLE', 'KEY'], ...rows]), ...(next ? ['', `More: --after ${next}`] : [])].join('\n');
}

export function letterDetails(letter: DeadLetterDetails): string {
  const facts: ReadonlyArray<readonly [string, string]> = [
    ['id', letter.id],
    ['group', letter.group],
    ['record', `${letter.topic}/${letter.partition} offset ${letter.offset}, key ${shown(letter.key)}`],
    ['event', `${letter.eventType ?? 'unreadable'} ${letter.eventId ?? ''}`.trimEnd()],
    ['cause', `${letter.causeCode}: ${shown(letter.cause)}`],
    ['tries', `${letter.tries}, last ${letter.failedAt.toISOString()}`],
    ['state', stateOf(letter)],
    ...Object.entries(letter.headers).map(([name, text]) => [`header ${shown(name)}`, shown(text)] as const),
    ['value', `${letter.value.length} bytes, base64 ${Buffer.from(letter.value).toString('base64')}`],
    ...letter.audit.map(
      ({ at, who, what, outcome, cause }) =>
        ['audit', [at.toISOString(), who, what, outcome, cause && shown(cause)].filter(Boolean).join(' ')] as const,
    ),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

export function progressText({ waiting, outcomes }: ReplayProgress): string {
  const counted = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const told = counted.length > 0 ? `${counted.join(', ')}.` : 'None was replayed.';
  return waiting === 0 ? told : `${told} ${waiting} still wait: is a consumer of this group running?`;
}

function stateOf({ resolution, resolvedAt, replayRequestedAt, replayRequestedBy }: DeadLetter): string {
  if (resolution !== null) return `${resolution} ${resolvedAt?.toISOString()}`;
  return replayRequestedAt === null
    ? 'waits'
    : `replay asked by ${replayRequestedBy} ${replayRequestedAt.toISOString()}`;
}

function table(rows: ReadonlyArray<readonly string[]>): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** What others wrote does not move the cursor of an operator's terminal. */
function shown(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}
