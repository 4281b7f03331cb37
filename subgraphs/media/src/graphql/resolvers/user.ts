/** A user as media knows them: by id only. */
export type UserReference = { readonly id: string };
