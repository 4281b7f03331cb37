import { AppError } from '@nova/errors';

/** Alternatives, each a set of permissions that are needed together. */
export type ScopeChoice = readonly (readonly string[])[];

/** What a field asks of whoever selects it: to be signed in, and of every choice the permissions of one alternative. */
export type AccessRequirement = { readonly scopes: readonly ScopeChoice[] };

/** What asks for as much as all of these together; undefined when none asks for anything. */
export function allOf(requirements: readonly (AccessRequirement | undefined)[]): AccessRequirement | undefined {
  const asked = requirements.filter((requirement) => requirement !== undefined);
  if (asked.length === 0) return undefined;
  const choices = new Map(asked.flatMap(({ scopes }) => scopes.map((choice) => [JSON.stringify(choice), choice])));
  return { scopes: [...choices.values()] };
}

/**
 * Why a requirement is not met by someone with these permissions (undefined: nobody is signed in), or undefined when it is.
 * UNAUTHENTICATED, or FORBIDDEN with what is missing: alternatives, permissions of one separated by spaces.
 */
export function accessRefusal(
  field: string,
  requirement: AccessRequirement,
  permissions: readonly string[] | undefined,
): AppError | undefined {
  if (permissions === undefined)
    return new AppError('UNAUTHENTICATED', `${field} needs a signed-in user.`, { details: { field } });
  for (const choice of requirement.scopes) {
    const missing = choice.map((alternative) => alternative.filter((scope) => !permissions.includes(scope)));
    if (missing.some((scopes) => scopes.length === 0)) continue;
    const named = missing.map((scopes) => scopes.join(' and ')).join(' or ') || 'that nobody has';
    return new AppError('FORBIDDEN', `${field} needs the permission ${named}.`, {
      details: { field, scopes: missing.map((scopes) => scopes.join(' ')) },
    });
  }
  return undefined;
}
