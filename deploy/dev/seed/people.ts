import { demoPerson } from './demo.ts';
import { type Place, places } from './places.ts';
import { createRandom, type Random } from './random.ts';
import { type Topic, topics } from './topics/index.ts';
import { uuidV7 } from './uuid-v7.ts';

export type Person = {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly displayName: string;
  readonly bio: string | null;
  readonly location: string | null;
  readonly joinedAt: Date;
  /** What they write about, dearest first. */
  readonly interests: readonly Topic[];
};

const firstJoinMs = Date.parse('2026-01-01T00:00:00Z');
const lastJoinMs = Date.parse('2026-10-01T00:00:00Z');
const reservedUsernames = ['admin', 'nova', 'root', 'support', 'moderator'];

/** People by index, the demo person first. Somebody's index alone decides who they are, whatever the count. */
export function generatePeople(count: number): Person[] {
  const taken = new Set(reservedUsernames);
  const people = [demoPerson];
  taken.add(demoPerson.username);
  for (let index = people.length; index < count; index++) people.push(generatePerson(index, taken));
  return people;
}

function generatePerson(index: number, taken: Set<string>): Person {
  const random = createRandom(`person ${index}`);
  const place = random.pick(places);
  const { firstName, lastName } = namesFor(place, random);
  const interests = pickInterests(random);
  const username = freeUsername({ firstName, lastName, interests, random, taken });
  const joinedAt = new Date(firstJoinMs + random.below(lastJoinMs - firstJoinMs));
  return {
    id: uuidV7(joinedAt, random),
    username,
    email: `${username.toLowerCase()}@nova.example`,
    firstName,
    displayName: random.chance(0.9) ? `${firstName} ${lastName}` : firstName,
    bio: random.chance(0.88) ? bioOf(interests, random) : null,
    location: random.chance(0.82) ? random.pick(place.towns) : null,
    joinedAt,
    interests,
  };
}

function namesFor({ names }: Place, random: Random): { firstName: string; lastName: string } {
  names.seed(random.below(2 ** 31));
  const sex = random.chance(0.5) ? 'female' : 'male';
  return { firstName: names.person.firstName(sex), lastName: names.person.lastName(sex) };
}

function pickInterests(random: Random): Topic[] {
  const wanted = 1 + random.below(3);
  const chosen = new Set<Topic>();
  while (chosen.size < wanted) chosen.add(random.pick(topics));
  return [...chosen];
}

function bioOf(interests: readonly Topic[], random: Random): string {
  const parts = interests.slice(0, 1 + random.below(interests.length)).map(({ bios }) => random.pick(bios));
  return `${parts.join('. ')}.`;
}

function freeUsername(options: {
  firstName: string;
  lastName: string;
  interests: readonly Topic[];
  random: Random;
  taken: Set<string>;
}): string {
  const { random, taken } = options;
  const first = letters(options.firstName);
  const last = letters(options.lastName);
  const handle = random.pick(random.pick(options.interests).handles);
  const year = 70 + random.below(36);
  const capital = last.charAt(0).toUpperCase() + last.slice(1);
  const wishes = [
    `${first}_${handle}`,
    `${first}_${last}`,
    `${first}${capital}`,
    `${handle}_${first}`,
    `${first.charAt(0)}${last}`,
    `${first}${String(year % 100).padStart(2, '0')}`,
    `${first}_${last.charAt(0)}`,
  ];
  const start = random.below(wishes.length);
  const inOrder = [...wishes.slice(start), ...wishes.slice(0, start)];
  for (let number = 2; ; number++) {
    const free = inOrder.find((wish) => /^\w{2,19}[a-zA-Z0-9]$/.test(wish) && !taken.has(wish.toLowerCase()));
    if (free !== undefined) {
      taken.add(free.toLowerCase());
      return free;
    }
    inOrder.splice(0, inOrder.length, `${first.slice(0, 14)}_${number}`);
  }
}

const unaccented: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', æ: 'ae', ß: 'ss', ı: 'i', œ: 'oe', đ: 'd' };

/** A name as a username may hold it: lower-case ASCII letters. */
function letters(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[łøæßıœđ]/g, (letter) => unaccented[letter] ?? '');
  return plain.normalize('NFD').replaceAll(/[^a-z]/g, '');
}
