/**
 * What people write about. Every opening names the `{subject}`, so that any reply can take it up; the other slots are
 * filled from `words` and the everyday words. In a reply `{=slot}` repeats the word of the post, which makes the reply
 * fit only posts that have it, and `{slot}` is another word than the post's.
 */
export type Topic = {
  /** One word, also the hashtag. */
  readonly name: string;
  /** How somebody with this interest introduces themselves. */
  readonly bios: readonly string[];
  /** Goes with a first name in a username. */
  readonly handles: readonly string[];
  readonly subjects: readonly string[];
  readonly words: Readonly<Record<string, readonly string[]>>;
  /** What happened. */
  readonly openings: readonly string[];
  /** More about it. */
  readonly details: readonly string[];
  /** A question or a conclusion. */
  readonly closings: readonly string[];
  /** What others say to it. */
  readonly replies: readonly string[];
};
