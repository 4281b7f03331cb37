/** A user as identity knows them: by id only. */
export type UserReference = { readonly id: string };
