import type { Person } from './people.ts';
import { createRandom } from './random.ts';
import { code } from './topics/code.ts';
import { running } from './topics/running.ts';
import { uuidV7 } from './uuid-v7.ts';

/** The seeded person who can sign in. */
export const demoLogin = {
  email: 'demo@nova.example',
  password: 'welcome-to-nova',
  username: 'demo',
} as const;

const joinedAt = new Date('2026-01-05T08:30:00Z');

/** An account that may delete what others wrote; it has the demo password and has written nothing. */
export const demoModerator = {
  id: uuidV7(joinedAt, createRandom('demo moderator')),
  email: 'moderator@nova.example',
  username: 'moderator',
  roles: ['moderator' as const],
  joinedAt,
};

export const demoPerson: Person = {
  id: uuidV7(joinedAt, createRandom('demo')),
  username: demoLogin.username,
  email: demoLogin.email,
  firstName: 'Dana',
  displayName: 'Dana Demo',
  bio: 'The account to look around with. Be nice, others use me too.',
  location: 'Everywhere',
  joinedAt,
  interests: [code, running],
};

/** What the demo person has written, whatever the size of the network. */
export const demoPosts = [
  {
    at: new Date('2026-01-05T09:00:00Z'),
    topic: code,
    said: new Map([['subject', 'side project']]),
    body: 'Hello, world! First day on Nova, and my side project finally has somewhere to fetch its posts from.',
  },
  {
    at: new Date('2026-04-18T06:45:00Z'),
    topic: running,
    said: new Map([
      ['subject', 'canal towpath'],
      ['km', '10'],
    ]),
    body: '10 km on the canal towpath before breakfast, and the heron was there again.',
  },
  {
    at: new Date('2026-08-02T19:20:00Z'),
    topic: code,
    said: new Map([['subject', 'log viewer']]),
    body: 'Rebuilt the log viewer on one GraphQL query: three services, no loading spinner. I could get used to this.',
  },
];
