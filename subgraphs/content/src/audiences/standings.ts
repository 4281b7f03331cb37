import { type ErrorKind, errorCodes, isAppError } from '@nova/errors';
import { createLoader } from '@nova/subgraph';
import { type Standing, self, stranger } from './audience.ts';

export type StandingsOf = (authorId: string) => Standing;

/** How one viewer stands to authors; made for one request. */
export type Standings = {
  /** Whether nobody is signed in: then nothing has to be asked, and only what is public is seen. */
  readonly isAnonymous: boolean;
  /**
   * For reading. Asks once for all authors (for each 1 000 of them) and never twice for one. While social is away everybody is a
   * stranger: what only followers see is hidden, and what is public is seen, as it is by whoever is not signed in.
   */
  of(authorIds: readonly string[]): Promise<StandingsOf>;
  /** For acting on what somebody wrote: rejects while social is away. */
  require(authorIds: readonly string[]): Promise<StandingsOf>;
};

/** Tells of each other how the viewer stands to them. Others that are missing in the answer are strangers. */
export type AskStandings = (viewerId: string, otherIds: readonly string[]) => Promise<ReadonlyMap<string, Standing>>;

const away: ReadonlySet<ErrorKind> = new Set(['unavailable', 'timeout', 'internal']);

export function createStandings(options: {
  /** Undefined for who is not signed in. */
  viewerId: string | undefined;
  ask: AskStandings;
  onAway: (error: unknown) => void;
}): Standings {
  const { viewerId, ask, onAway } = options;
  if (viewerId === undefined) {
    const everybody = async () => () => stranger;
    return { isAnonymous: true, of: everybody, require: everybody };
  }
  const asked = createLoader((otherIds: readonly string[]) => ask(viewerId, otherIds));
  const require = async (authorIds: readonly string[]): Promise<StandingsOf> => {
    const others = [...new Set(authorIds)].filter((id) => id !== viewerId);
    const found = await Promise.all(others.map(async (id) => [id, (await asked.load(id)) ?? stranger] as const));
    const standings = new Map<string, Standing>(found).set(viewerId, self);
    return (authorId) => standings.get(authorId) ?? stranger;
  };
  return {
    isAnonymous: false,
    require,
    of: (authorIds) =>
      require(authorIds).catch((error: unknown) => {
        if (!isAppError(error) || !away.has(errorCodes[error.code].kind)) throw error;
        onAway(error);
        return (authorId) => (authorId === viewerId ? self : stranger);
      }),
  };
}
