import type { SubgraphSdl } from './_federation-facts.ts';
import type { Dice } from './hostile/dice.ts';

/** The fields of a type by name, as SDL; of a stub only its key. */
type DraftType = { readonly header: string; readonly keys: Set<string>; readonly fields: Map<string, string> };
type Draft = { readonly name: string; readonly types: Map<string, DraftType>; readonly unions: Map<string, string[]> };

const imports =
  '"@key", "@external", "@requires", "@provides", "@shareable", "@override", "@inaccessible", "@interfaceObject"';
const common = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports}])
scalar Json
enum Color { RED GREEN BLUE }
input Filter { n: Int = 3, color: Color, words: [String!], inner: Filter }
type Tag @shareable { one: String! two: Int! }`;

const leafTypes = ['Int', 'String', 'String', 'ID', 'Float', 'Boolean', 'Color', 'Json'];
const wraps = ['T', 'T', 'T', 'T', 'T!', 'T!', '[T]', '[T!]', '[T!]!', '[[T]]', '[[T!]!]'];
const argumentLists = [
  '(n: Int)',
  '(n: Int = 1, color: Color)',
  '(filter: Filter)',
  '(s: String! = "s")',
  '(ids: [ID!], if: Boolean)',
  '(n: Int!)',
];
/** Names that something else has too: JavaScript's objects, plans, keys. */
const fieldNames = [
  'name',
  'size',
  'constructor',
  'toString',
  'value',
  'code2',
  '_alias_x',
  'node',
  'kind',
  'title',
  'hue',
];

/** Subgraphs that mostly compose. */
export function generateFederation(dice: Dice): SubgraphSdl[] {
  const { chance, pick, integer } = dice;
  const sketch = createSketch(dice);
  const { drafts, entities, values, homes } = sketch;
  for (const name of entities) addEntity(dice, name, sketch);
  const abstract = addAbstract(dice, sketch);
  const outputs = (draft: Draft): string[] => [
    ...entities,
    ...entities,
    ...values,
    ...abstract.filter((name) => draft.types.has(name) || draft.unions.has(name)),
    ...(chance(5) ? ['Query'] : []),
  ];
  for (const name of entities) {
    const own = homes.get(name) ?? [];
    const names = new Set(Array.from({ length: integer(1, 5) }, () => pick(fieldNames)));
    for (const field of names) addField(dice, { ...sketch, name, field, own, outputs });
    addRequirements(dice, { ...sketch, name, own });
  }
  for (const draft of drafts) addRootFields(dice, { ...sketch, draft, outputs });
  addProvides(dice, drafts, homes);
  return drafts.map(print);
}

type Sketch = ReturnType<typeof createSketch>;

/** Subgraphs without types, and what adds types to them. */
function createSketch({ chance, pick, integer }: Dice) {
  const drafts: Draft[] = ['a', 'b', 'c', 'd']
    .slice(0, integer(2, 4))
    .map((name) => ({ name, types: new Map(), unions: new Map() }));
  const entities = Array.from({ length: integer(1, 4) }, (_, at) => `E${at}`);
  const values = Array.from({ length: integer(0, 2) }, (_, at) => `V${at}`);
  const some = (least = 1): Draft[] => {
    const found = drafts.filter(() => chance(55));
    return found.length >= least ? found : drafts.slice(0, least);
  };
  const typeIn = (draft: Draft, name: string, header = `type ${name}`): DraftType => {
    const known = draft.types.get(name) ?? { header, keys: new Set(), fields: new Map() };
    draft.types.set(name, known);
    return known;
  };
  const wrapped = (type: string) => pick(wraps).replace('T', type);
  const args = () => (chance(30) ? pick(argumentLists) : '');

  /** Fields of value types, with their types' names, are the same wherever the type is. */
  const valueFields = new Map<string, Map<string, { readonly named: string; readonly text: string }>>();
  for (const [at, name] of values.entries()) {
    const fields = new Map([['text', { named: 'String', text: `text${args()}: String` }]]);
    for (let count = integer(0, 2); count > 0; count -= 1) {
      const named = chance(60) ? pick(leafTypes) : pick([...entities, ...values.slice(at)]);
      const type = values.includes(named) ? pick(['T', '[T]']).replace('T', named) : wrapped(named);
      const field = pick(fieldNames);
      fields.set(field, { named, text: `${field}${args()}: ${type}` });
    }
    valueFields.set(name, fields);
  }
  const addValue = (draft: Draft, name: string): void => {
    if (draft.types.has(name)) return;
    const type = typeIn(draft, name, `type ${name} @shareable`);
    for (const [field, { named, text }] of valueFields.get(name) ?? []) {
      type.fields.set(field, text);
      point(draft, named);
    }
  };
  /** An entity that the subgraph only points to, unless it has more of it. */
  const point = (draft: Draft, name: string): void => {
    if (name === 'Query' || draft.types.has(name) || draft.unions.has(name) || leafTypes.includes(name)) return;
    if (values.includes(name)) {
      addValue(draft, name);
      return;
    }
    const type = typeIn(draft, name);
    type.keys.add(chance(60) ? 'id", resolvable: false' : 'id"');
    type.fields.set('id', 'id: ID!');
  };
  /** The subgraphs that have fields of an entity. */
  const homes = new Map<string, Draft[]>();
  return { drafts, entities, values, homes, some, typeIn, wrapped, args, addValue, point };
}

function addEntity({ chance, pick }: Dice, name: string, { entities, homes, some, typeIn, point }: Sketch): void {
  const own = some(2);
  homes.set(name, own);
  const palette = ['id"', 'id"'];
  if (chance(40)) palette.push('code"');
  if (chance(30)) palette.push('id region"');
  if (chance(25)) palette.push('tag { one two }"');
  if (chance(30)) palette.push('owner { id }"');
  const owner = pick(entities);
  const hidden = chance(15) ? ' @inaccessible' : '';
  for (const [at, draft] of own.entries()) {
    const type = typeIn(draft, name);
    // The way from any key to any other leads through the first subgraph.
    for (const key of at === 0 ? palette : [pick(palette), pick(palette)]) type.keys.add(key);
    if (at > 0 && chance(8)) type.keys.add('code", resolvable: false');
    const keys = [...type.keys];
    const uses = (field: string) => keys.some((key) => key.includes(field));
    type.fields.set('id', keys.some((key) => key.startsWith('id')) ? 'id: ID!' : 'id: ID! @shareable');
    if (uses('code')) type.fields.set('code', `code: ID!${hidden}`);
    if (uses('region')) type.fields.set('region', 'region: String!');
    if (uses('tag')) type.fields.set('tag', 'tag: Tag!');
    if (uses('owner')) {
      type.fields.set('owner', `owner: ${owner}!`);
      point(draft, owner);
    }
  }
}

/** Interfaces and unions are of entities, in the subgraphs that have them. Returns their names. */
function addAbstract(dice: Dice, { drafts, entities, homes, some }: Sketch): string[] {
  const { chance } = dice;
  const abstract: string[] = [];
  if (chance(60)) addInterface(dice, { drafts, homes, abstract });
  if (!chance(50)) return abstract;
  const members = entities.filter(() => chance(70));
  for (const draft of some()) {
    const here = members.filter((name) => homes.get(name)?.includes(draft));
    if (here.length > 0) draft.unions.set('U', here);
  }
  return drafts.some(({ unions }) => unions.size > 0) ? [...abstract, 'U'] : abstract;
}

function addRootFields(
  { chance, pick, integer }: Dice,
  of: Sketch & { readonly draft: Draft; readonly outputs: (draft: Draft) => string[] },
): void {
  const { draft, outputs, entities, some, typeIn, args, point } = of;
  const query = typeIn(draft, 'Query');
  for (let count = integer(1, 3); count > 0; count -= 1) {
    const named = chance(85) ? pick(outputs(draft)) : pick(leafTypes);
    const type = pick(['T', 'T', 'T', 'T!', '[T]', '[T!]!', '[T!]', '[[T]!]']).replace('T', named);
    query.fields.set(`${draft.name}${count}`, `${draft.name}${count}${args()}: ${type}`);
    point(draft, named);
  }
  if (!chance(40)) return;
  const shared = pick(entities);
  for (const other of some(2)) {
    typeIn(other, 'Query').fields.set(`shared${shared}`, `shared${shared}: ${shared} @shareable`);
    point(other, shared);
  }
}

function addInterface(
  { chance, pick }: Dice,
  { drafts, homes, abstract }: { drafts: Draft[]; homes: ReadonlyMap<string, Draft[]>; abstract: string[] },
): void {
  const members = [...homes.keys()].filter(() => chance(70));
  const [home] = drafts.filter((draft) => members.every((name) => homes.get(name)?.includes(draft)));
  if (members.length === 0) return;
  const asObject = home && drafts.find((draft) => draft !== home && members.every((name) => !draft.types.has(name)));
  const hasObject = home !== undefined && asObject !== undefined && chance(90);
  const places = hasObject ? [home] : drafts;
  const note = pick(['note: String', 'note(n: Int): [String!]', 'note(color: Color = RED): Int']);
  for (const name of members)
    for (const draft of homes.get(name) ?? [])
      if (chance(60) || draft === homes.get(name)?.[0]) draft.types.get(name)?.fields.set('note', `${note} @shareable`);
  for (const draft of places) {
    const here = members.filter((name) => homes.get(name)?.includes(draft));
    if (here.length === 0) continue;
    const fields = new Map([['id', 'id: ID!']]);
    if (here.every((name) => draft.types.get(name)?.fields.has('note'))) fields.set('note', note);
    const keys = new Set(hasObject ? ['id"'] : []);
    draft.types.set('I', { header: 'interface I', keys, fields });
    for (const name of here) {
      const type = draft.types.get(name) as DraftType;
      if (hasObject) type.keys.add('id"');
      draft.types.set(name, { ...type, header: `${type.header} implements I` });
    }
  }
  abstract.push('I');
  if (!hasObject || !asObject) return;
  const fields = new Map([
    ['id', 'id: ID!'],
    ['extra', `extra${pick(['', '(n: Int)'])}: ${pick(['Int', 'String!', '[Color]'])}`],
    ['friend', `friend: I`],
  ]);
  asObject.types.set('I', { header: 'type I @interfaceObject', keys: new Set(['id"']), fields });
}

function addField(
  { chance, pick }: Dice,
  of: Sketch & { name: string; field: string; own: readonly Draft[]; outputs: (draft: Draft) => string[] },
): void {
  const { name, field, own, outputs, point, wrapped, args } = of;
  const draft = pick(own);
  const named = chance(55) ? pick(leafTypes) : pick(outputs(draft));
  const text = `${field}${args()}: ${wrapped(named)}`;
  const type = draft.types.get(name) as DraftType;
  point(draft, named);
  const other = pick(own);
  const isOwn = !['U', 'I', 'Query'].includes(named);
  if (other !== draft && isOwn && chance(30)) {
    type.fields.set(field, `${text} @shareable`);
    other.types.get(name)?.fields.set(field, `${text} @shareable`);
    point(other, named);
  } else if (other !== draft && isOwn && chance(15)) {
    type.fields.set(field, `${text} @override(from: "${other.name}")`);
    other.types.get(name)?.fields.set(field, text);
    point(other, named);
  } else type.fields.set(field, chance(6) && leafTypes.includes(named) ? `${text} @inaccessible` : text);
}

function addRequirements({ chance, pick, integer }: Dice, of: Sketch & { name: string; own: readonly Draft[] }): void {
  const { name, own, values, addValue } = of;
  const [from, to] = own;
  if (!from || !to || !chance(60)) return;
  const [source, target] = chance(50) ? [from, to] : [to, from];
  const sourceType = source.types.get(name) as DraftType;
  const targetType = target.types.get(name) as DraftType;
  const price = pick(['Int', 'Int!', '[Int]', 'Color', 'Json']);
  sourceType.fields.set('price', `price(currency: String!, n: Int = 2): ${price}`);
  sourceType.fields.set('weight', 'weight: Float');
  const options = [
    'weight',
    'price(currency: \\"EUR\\")',
    'price(currency: \\"USD\\", n: 7)',
    'weight price(currency: \\"EUR\\")',
  ];
  const value = values[0];
  if (value !== undefined && chance(50)) {
    sourceType.fields.set('parts', `parts(first: Int): ${pick(['T', '[T!]', '[T]!']).replace('T', value)}`);
    addValue(source, value);
    addValue(target, value);
    options.push('parts { text }', 'parts(first: 2) { text }', 'weight parts(first: 3) { text }');
  }
  for (let count = integer(1, 3); count > 0; count -= 1) {
    const fields = pick(options);
    const argument = chance(20) ? '(n: Int)' : '';
    targetType.fields.set(
      `need${count}`,
      `need${count}${argument}: ${pick(['String', 'String', 'String!', '[Int!]'])} @requires(fields: "${fields}")`,
    );
    for (const field of ['weight', 'price', 'parts'])
      if (fields.includes(field)) targetType.fields.set(field, `${sourceType.fields.get(field)} @external`);
  }
}

/** A field that brings a field of another subgraph's entity along. */
function addProvides({ chance, pick }: Dice, drafts: readonly Draft[], homes: ReadonlyMap<string, Draft[]>): void {
  for (const [name, own] of homes) {
    if (!chance(25)) continue;
    const [owner] = own;
    const by = pick(drafts);
    if (!owner || by === owner || !by.types.has(name) || by.types.get(name)?.fields.has('given')) continue;
    for (const draft of own.slice(0, 1)) draft.types.get(name)?.fields.set('given', 'given: String @shareable');
    by.types.get(name)?.fields.set('given', 'given: String @external');
    by.types.get('Query')?.fields.set(`giving${name}`, `giving${name}: [${name}] @provides(fields: "given")`);
  }
}

function print({ name, types, unions }: Draft): SubgraphSdl {
  const parts = [common];
  for (const [, { header, keys, fields }] of types) {
    const all = new Set(keys);
    if (all.has('id"')) all.delete('id", resolvable: false');
    const directives = [...all].map((key) => ` @key(fields: "${key})`).join('');
    parts.push(`${header}${directives} {\n  ${[...fields.values()].join('\n  ')}\n}`);
  }
  for (const [union, members] of unions) parts.push(`union ${union} = ${members.join(' | ')}`);
  return { name, sdl: parts.join('\n') };
}
