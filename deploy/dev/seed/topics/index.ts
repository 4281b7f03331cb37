import { books } from './books.ts';
import { cats } from './cats.ts';
import { code } from './code.ts';
import { coffee } from './coffee.ts';
import { cooking } from './cooking.ts';
import { cycling } from './cycling.ts';
import { films } from './films.ts';
import { gardening } from './gardening.ts';
import { music } from './music.ts';
import { photography } from './photography.ts';
import { running } from './running.ts';
import type { Topic } from './topic.ts';
import { travel } from './travel.ts';

export type { Topic } from './topic.ts';

export const topics: readonly Topic[] = [
  running,
  cooking,
  code,
  music,
  travel,
  gardening,
  books,
  cats,
  cycling,
  photography,
  coffee,
  films,
];
