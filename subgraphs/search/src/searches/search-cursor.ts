import { createHash } from 'node:crypto';
import { AppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import type { SearchType } from './search.ts';

/** Where a page ended. How new a post is counts as of `asOf`, so that no score changes while somebody turns pages. */
export type Position = { readonly asOf: Date; readonly score: number; readonly id: string };

/** Cursors of one search: those of another query or other types are refused. */
export type Cursors = {
  write(position: Position): string;
  /** Throws INVALID_CURSOR. */
  read(cursor: string): Position;
};

const form = /^search:([\w-]{11}):(\d{1,14}):(\d{1,7}):([0-9a-f-]{36})$/;

export function cursorsOf(search: { readonly query: string; readonly types: readonly SearchType[] }): Cursors {
  const key = JSON.stringify([search.query, search.types]);
  const digest = createHash('sha256').update(key).digest().subarray(0, 8).toString('base64url');
  const write = ({ asOf, score, id }: Position) =>
    Buffer.from(`search:${digest}:${asOf.getTime()}:${score}:${id}`).toString('base64url');
  return {
    write,
    read(cursor) {
      const [, ofSearch, asOf, score, id = ''] = form.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
      const position = { asOf: new Date(Number(asOf)), score: Number(score), id };
      if (ofSearch === digest && isUuid(id) && write(position) === cursor) return position;
      throw new AppError('INVALID_CURSOR', 'The cursor was not issued by this search.', {
        details: { argument: 'after' },
      });
    },
  };
}
