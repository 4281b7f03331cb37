/** A person as search keeps them: only who wants to be found. */
export type UserDocument = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  /** Empty without one. */
  readonly bio: string;
};

/** A post as search keeps it: only what everybody may see. */
export type PostDocument = {
  readonly id: string;
  readonly authorId: string;
  readonly body: string;
  readonly createdAt: Date;
};

/** What the owner of an entity says of it now. */
export type Told<T> =
  | { readonly kind: 'public'; readonly document: T }
  /** It is there, and not for everybody to find. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'absent' };
