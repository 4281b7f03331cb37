/** A failure the person at the machine can mend: its message is shown as it is, without a stack. */
export class Advice extends Error {
  name = 'Advice';
}
