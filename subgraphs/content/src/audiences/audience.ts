/** Who sees a post besides its author: everybody, or who follows the author. */
export type Visibility = 'PUBLIC' | 'FOLLOWERS';

/** How a viewer stands to an author. A block counts in both directions. */
export type Standing = { readonly isBlocked: boolean; readonly follows: boolean };

/** Of who is not signed in, and of who is not known to follow or block. */
export const stranger: Standing = { isBlocked: false, follows: false };

/** Of an author to what they wrote. */
export const self: Standing = { isBlocked: false, follows: true };

/** Whether something is seen by somebody who stands so to its author. */
export function maySee(visibility: Visibility, standing: Standing): boolean {
  return !standing.isBlocked && (visibility === 'PUBLIC' || standing.follows);
}
