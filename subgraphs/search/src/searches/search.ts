import { AppError } from '@nova/errors';

export type SearchType = 'USER' | 'POST';

const maxQueryLength = 200;
const maxPrefixLength = 20;

/** What is looked for, as it was typed but for spaces around it. Throws BAD_USER_INPUT when it is empty or too long. */
export function queryText(text: string): string {
  return boundedText('query', text, maxQueryLength);
}

/** The beginning of a username. Throws BAD_USER_INPUT when it is empty or too long. */
export function prefixText(text: string): string {
  return boundedText('prefix', text, maxPrefixLength);
}

function boundedText(field: string, text: string, limit: number): string {
  const trimmed = text.trim();
  const length = [...trimmed].length;
  if (length === 0) throw new AppError('BAD_USER_INPUT', `"${field}" must not be empty.`, { details: { field } });
  if (length <= limit) return trimmed;
  throw new AppError('BAD_USER_INPUT', `"${field}" has at most ${limit} characters, not ${length}.`, {
    details: { field, length, limit },
  });
}
