import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { settings } from '../../gateway/src/config.ts';
import { createProtection } from '../../gateway/src/protection/index.ts';
import { openSupergraph } from '../../packages/federation/src/supergraph.ts';
import { root } from '../machine.mjs';

// The gateway's own copy, or its schema would be of another module.
const require = createRequire(join(root, 'gateway/package.json'));
const { parse, specifiedRules, validate } = require('graphql');

const file = 'persisted-queries/web/HomePage.graphql';
const documents = 2_000;

/**
 * What the limits cost a document that was never seen, beside what GraphQL itself costs: microseconds of processor time
 * for each of many copies of the largest operation of the web client, in this process.
 */
export function measureDocumentRules(rounds) {
  const text = readFileSync(join(root, file), 'utf8');
  const sdl = readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8');
  const schema = openSupergraph(sdl).apiSchema.toGraphQLJSSchema();
  const number = (name) => settings[name].read(undefined);
  const protection = createProtection({
    maxTokens: number('MAX_TOKENS'),
    maxSelections: number('MAX_SELECTIONS'),
    maxDepth: number('MAX_DEPTH'),
    maxAliases: number('MAX_ALIASES'),
    maxDirectives: number('MAX_DIRECTIVES'),
    maxFields: number('MAX_FIELDS'),
    maxRootFields: number('MAX_ROOT_FIELDS'),
    maxComplexity: number('MAX_COMPLEXITY'),
    maxFetches: number('MAX_FETCHES'),
    maxWaves: number('MAX_WAVES'),
    modes: {},
  });
  protection.onSchema({ apiSchema: schema, coreSupergraphSdl: sdl });
  const check = (document, variables) =>
    protection.check({ schema, document, operation: document.definitions[0], variables });
  const first = 10;
  const steps = {
    'parsing it': (document) => parse(text, { maxTokens: 2_000 }) && document,
    "GraphQL's own rules": (document) => validate(schema, document, specifiedRules),
    "Nova's limits on the document": (document) => validate(schema, document, protection.validationRules),
    'its cost, for variables not seen yet': (document) => check(document, { first }),
    'its cost, remembered': (document) => check(document, { first }),
  };
  const samples = Object.fromEntries(Object.keys(steps).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const parsed = Array.from({ length: documents }, () => parse(text));
    for (const [name, step] of Object.entries(steps)) {
      const before = process.cpuUsage();
      for (const document of parsed) step(document);
      const { user, system } = process.cpuUsage(before);
      // The first round only warms up.
      if (round > 0) samples[name].push((user + system) / documents);
    }
  }
  return { file, samples };
}
