import type { Connection } from '@nova/postgres';
import { runWithin, startDeadline } from '@nova/resilience';
import type { CallOrigin } from '@nova/rpc';
import type { Identity } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { plainForm } from '../words/word.ts';
import type { Blocks } from './blocks.ts';
import { type Highlight, type HighlightField, highlightsOf } from './highlight.ts';
import type { SearchType } from './search.ts';
import { type Cursors, cursorsOf, type Position } from './search-cursor.ts';
import { findByPrefix, findHits, type Hit, type SearchRequest, type Suggestion } from './search-repository.ts';
import { type SearchTerms, searchTerms } from './search-terms.ts';

/** Who searches; what is asked of others is asked for them. */
export type Searcher = CallOrigin & { readonly identity: Identity };

export type FoundNode = { readonly kind: SearchType; readonly id: string };

export type FoundEdge = {
  readonly cursor: string;
  readonly node: FoundNode;
  /** From 0 to 1. */
  readonly score: number;
  readonly highlights: readonly Highlight[];
};

export type FoundPage = Omit<Connection<FoundNode>, 'edges'> & { readonly edges: readonly FoundEdge[] };

export type Searches = {
  find(
    search: { query: string; types: readonly SearchType[]; first: number; after: string | null },
    searcher: Searcher,
  ): Promise<FoundPage>;
  suggest(search: { prefix: string; first: number }, searcher: Searcher): Promise<readonly Suggestion[]>;
};

/** Of one statement, however much time its request has. */
const statementMs = 2_000;
/** How often a page is filled up when the blocked were left out; after that it is shorter than asked for. */
const maxRounds = 3;

export function createSearches({ db, blocks }: { db: Kysely<Tables>; blocks: Blocks }): Searches {
  const parts = { db, blocks };
  return {
    async find({ query, types, first, after }, searcher) {
      const cursors = cursorsOf({ query, types });
      const position = after === null ? null : cursors.read(after);
      const asOf = position?.asOf ?? new Date();
      const terms = searchTerms(query);
      if (!terms) return pageOf({ hits: [], isMore: false, end: null }, { cursors, asOf, position });
      const round = await collect(parts, { terms, types, asOf, after: position, first }, searcher);
      return pageOf(round, { cursors, asOf, position, terms });
    },
    async suggest({ prefix, first }, searcher) {
      const plain = plainForm(prefix.replace(/^@/, ''));
      if (plain === '') return [];
      const found = await bounded(searcher, () => findByPrefix(db, { prefix: plain, limit: 2 * first }));
      const blocked = await blockedAmong(parts, { ids: found.map(({ id }) => id), searcher });
      return found.filter(({ id }) => !blocked.has(id)).slice(0, first);
    },
  };
}

type Parts = { readonly db: Kysely<Tables>; readonly blocks: Blocks };

/** `end` is the last hit that was looked at, when some after the last one shown were left out. */
type Collected = { readonly hits: readonly Hit[]; readonly isMore: boolean; readonly end: Hit | null };

/** Each round is one statement and one question about all its authors. */
async function collect(
  parts: Parts,
  { first, ...request }: Omit<SearchRequest, 'limit'> & { first: number },
  searcher: Searcher,
): Promise<Collected> {
  const limit = first + 1;
  const hits: Hit[] = [];
  let { after } = request;
  for (let round = 0; round < maxRounds; round += 1) {
    const found = await bounded(searcher, () => findHits(parts.db, { ...request, after, limit }));
    const blocked = await blockedAmong(parts, { ids: found.map(({ ownerId }) => ownerId), searcher });
    hits.push(...found.filter(({ ownerId }) => !blocked.has(ownerId)));
    const last = found.at(-1);
    if (hits.length > first) return { hits: hits.slice(0, first), isMore: true, end: null };
    if (found.length < limit || !last) return { hits, isMore: false, end: null };
    after = { asOf: request.asOf, score: last.score, id: last.id };
    if (round === maxRounds - 1) return { hits, isMore: true, end: last };
  }
  return { hits, isMore: false, end: null };
}

/** Nobody is blocked for who is not signed in; for others nothing is shown while it cannot be asked. */
async function blockedAmong(
  { blocks }: Parts,
  { ids, searcher }: { ids: readonly string[]; searcher: Searcher },
): Promise<ReadonlySet<string>> {
  const { identity } = searcher;
  if (identity.kind === 'anonymous') return new Set();
  const others = [...new Set(ids)].filter((id) => id !== identity.userId);
  return blocks.findBlocked(identity.userId, others, searcher);
}

async function bounded<T>(searcher: Searcher, statement: () => Promise<T>): Promise<T> {
  const deadline = startDeadline(Math.min(statementMs, searcher.deadline.remainingMs()), searcher.deadline.signal);
  try {
    return await runWithin(deadline, statement);
  } finally {
    deadline.clear();
  }
}

function pageOf(
  { hits, isMore, end }: Collected,
  { cursors, asOf, position, terms }: { cursors: Cursors; asOf: Date; position: Position | null; terms?: SearchTerms },
): FoundPage {
  const cursorOf = ({ score, id }: Hit) => cursors.write({ asOf, score, id });
  const edges = hits.map((hit) => ({
    cursor: cursorOf(hit),
    node: { kind: hit.kind, id: hit.id },
    score: hit.score / 1_000_000,
    highlights: terms ? highlightsOf(textsOf(hit), terms) : [],
  }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: isMore,
      hasPreviousPage: position !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: end ? cursorOf(end) : (edges.at(-1)?.cursor ?? null),
    },
  };
}

function textsOf({ username, displayName, bio, body }: Hit): Array<readonly [HighlightField, string]> {
  return [
    ['USERNAME', username ?? ''],
    ['DISPLAY_NAME', displayName ?? ''],
    ['BIO', bio ?? ''],
    ['BODY', body ?? ''],
  ];
}
