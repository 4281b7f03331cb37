import { defaultLimits } from '@nova/federation';
import { ConfigError, type SettingValues, setting } from '@nova/runtime';
import type { ProtectionOptions } from './index.ts';
import { type LimitMode, limitModes, measurableLimits } from './limits.ts';
import { readOverrides } from './overrides.ts';

export const protectionSettings = {
  MAX_TOKENS: setting.integer({ default: 2_000, min: 1, description: 'Tokens in a document, at most.' }),
  MAX_SELECTIONS: setting.integer({
    default: 1_000,
    min: 1,
    description: 'Selections of an operation with its fragments expanded, at most.',
  }),
  MAX_DEPTH: setting.integer({ default: defaultLimits.maxDepth, min: 1, description: 'Levels an operation may nest.' }),
  MAX_ALIASES: setting.integer({ default: 30, description: 'Aliases in a document, at most.' }),
  MAX_DIRECTIVES: setting.integer({ default: 50, description: 'Directives in a document, at most.' }),
  MAX_FIELDS: setting.integer({ default: 50, min: 1, description: 'Fields in one selection set, at most.' }),
  MAX_ROOT_FIELDS: setting.integer({ default: 20, min: 1, description: 'Root fields of an operation, at most.' }),
  MAX_COMPLEXITY: setting.integer({
    default: defaultLimits.maxComplexity,
    min: 1,
    description: 'Cost of an operation by @cost and @listSize, at most.',
  }),
  MAX_FETCHES: setting.integer({
    default: defaultLimits.maxFetches,
    min: 1,
    description: 'Calls to subgraphs that an operation may take, by its plan.',
  }),
  MAX_WAVES: setting.integer({
    default: defaultLimits.maxWaves,
    min: 1,
    description: 'Calls to subgraphs that may wait for one another.',
  }),
  LIMITS_FILE: setting.string({
    optional: true,
    description:
      'JSON file with other limits (complexity, fetches, waves) for single operations of the manifest and for single TRUSTED_CLIENTS.',
  }),
  MAX_RPC_CALLS: setting.integer({
    default: 50,
    max: 999_999,
    description:
      'gRPC calls that subgraphs may make among services for an operation. Each is told what is left when it is called: those called at the same time may together make more.',
  }),
  MAX_ENTITIES: setting.integer({
    default: 10_000,
    min: 1,
    description: 'Entities that all calls of an operation may ask subgraphs for by reference.',
  }),
  LIMIT_MODES: setting.map({
    description:
      'Limits that are only measured, or measured and logged, as limit=measure,limit=warn: aliases, directives, rootFields, fields, depth, complexity, fetches, waves, rpcCalls, entities.',
  }),
};

/** Throws ConfigError with every problem. */
export function toProtection(flat: SettingValues<typeof protectionSettings>): ProtectionOptions {
  return {
    maxTokens: flat.MAX_TOKENS,
    maxSelections: flat.MAX_SELECTIONS,
    maxDepth: flat.MAX_DEPTH,
    maxAliases: flat.MAX_ALIASES,
    maxDirectives: flat.MAX_DIRECTIVES,
    maxFields: flat.MAX_FIELDS,
    maxRootFields: flat.MAX_ROOT_FIELDS,
    maxComplexity: flat.MAX_COMPLEXITY,
    maxFetches: flat.MAX_FETCHES,
    maxWaves: flat.MAX_WAVES,
    maxRpcCalls: flat.MAX_RPC_CALLS,
    maxEntities: flat.MAX_ENTITIES,
    modes: toLimitModes(flat.LIMIT_MODES),
    overrides: readOverrides(flat.LIMITS_FILE),
  };
}

function toLimitModes(given: ReadonlyMap<string, string>): ProtectionOptions['modes'] {
  const problems: string[] = [];
  const modes: Record<string, LimitMode> = {};
  for (const [limit, mode] of given) {
    const isKnown = measurableLimits.some((name) => name === limit);
    if (!isKnown) problems.push(`LIMIT_MODES knows ${measurableLimits.join(', ')}, not "${limit}"`);
    const known = limitModes.find((name) => name === mode);
    if (!known) problems.push(`LIMIT_MODES has ${limitModes.join(', ')}, not "${mode}"`);
    if (known) modes[limit] = known;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return modes;
}
