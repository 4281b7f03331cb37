import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

// Control characters and lone surrogates are refused because a database cannot store them.
const emailForm = /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+\.[^\s@\p{Cc}\p{Cs}]+$/u;
const usernameForm = /^[a-zA-Z0-9_]{3,20}$/;

/** Resolvers of the scalars that every subgraph declares. */
export const scalarResolvers = {
  DateTime: new GraphQLScalarType<string, string>({
    name: 'DateTime',
    serialize: (value) => (value instanceof Date ? value : new Date(String(value))).toISOString(),
    parseValue: (value) => isoDate(value),
    parseLiteral: (node) => isoDate(node.kind === Kind.STRING ? node.value : undefined),
  }),
  Email: textScalar('Email', 'an email address of at most 254 characters', (text) => {
    const email = text.toLowerCase();
    return email.length <= 254 && emailForm.test(email) ? email : undefined;
  }),
  Username: textScalar('Username', '3 to 20 letters, digits or underscores', (text) =>
    usernameForm.test(text) ? text : undefined,
  ),
};

function textScalar(name: string, form: string, parse: (text: string) => string | undefined) {
  const parseValue = (value: unknown) => {
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed === undefined)
      throw new GraphQLError(`${name} must be ${form}.`, { extensions: { code: 'BAD_USER_INPUT' } });
    return parsed;
  };
  return new GraphQLScalarType<string, string>({
    name,
    serialize: String,
    parseValue,
    parseLiteral: (node) => parseValue(node.kind === Kind.STRING ? node.value : undefined),
  });
}

function isoDate(value: unknown): string {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time))
    throw new GraphQLError('DateTime must be an ISO 8601 time.', { extensions: { code: 'BAD_USER_INPUT' } });
  return new Date(time).toISOString();
}
