import type { Network } from './network.ts';
import { createRandom, type Random } from './random.ts';
import { uuidV7 } from './uuid-v7.ts';

/** A picture that somebody uploaded. */
export type Upload = {
  readonly id: string;
  readonly ownerId: string;
  readonly motif: Motif;
  readonly createdAt: Date;
};

/** Many uploads show the same: rendering is what takes time. */
export type Motif = { readonly kind: 'landscape' | 'portrait'; readonly number: number };

export type Media = {
  readonly uploads: readonly Upload[];
  /** What a post shows, in order. */
  readonly postMedia: readonly { readonly postId: string; readonly position: number; readonly mediaId: string }[];
  /** Ids of uploads, by person. */
  readonly avatars: ReadonlyMap<string, string>;
};

/** How many motifs there are of a kind. */
export const motifCount = { landscape: 4, portrait: 3 } as const;

const avatarChance = 0.1;
const pictureChance = 0.02;
const minuteMs = 60_000;

/** Some people have a face and some posts pictures; the demo person has a face, and a picture in every post. */
export function generateMedia({ people, posts }: Network): Media {
  const random = createRandom(`media of ${people.length}`);
  const demoId = people[0]?.id;
  const joined = new Map(people.map(({ id, joinedAt }) => [id, joinedAt]));
  const faces = people
    .filter(({ id }) => random.chance(avatarChance) || id === demoId)
    .map(({ id: ownerId, joinedAt }) =>
      uploadOf('portrait', { ownerId, createdAt: new Date(joinedAt.getTime() + random.below(30 * minuteMs)), random }),
    );
  const shown = posts
    .filter(({ authorId }) => random.chance(pictureChance) || authorId === demoId)
    .map(({ id: postId, authorId: ownerId, createdAt }) => {
      const earliest = joined.get(ownerId)?.getTime() ?? 0;
      const at = new Date(Math.max(earliest, createdAt.getTime() - minuteMs - random.below(10 * minuteMs)));
      const uploads = Array.from({ length: 1 + random.below(2) }, () =>
        uploadOf('landscape', { ownerId, createdAt: at, random }),
      );
      return { postId, uploads };
    });
  return {
    uploads: [...faces, ...shown.flatMap(({ uploads }) => uploads)],
    postMedia: shown.flatMap(({ postId, uploads }) =>
      uploads.map(({ id: mediaId }, position) => ({ postId, position, mediaId })),
    ),
    avatars: new Map(faces.map(({ id, ownerId }) => [ownerId, id])),
  };
}

function uploadOf(
  kind: Motif['kind'],
  { ownerId, createdAt, random }: { ownerId: string; createdAt: Date; random: Random },
): Upload {
  return { id: uuidV7(createdAt, random), ownerId, createdAt, motif: { kind, number: random.below(motifCount[kind]) } };
}
