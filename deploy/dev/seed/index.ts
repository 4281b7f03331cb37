export { demoLogin, demoModerator } from './demo.ts';
export { type Comment, generateNetwork, type Network, networkSize, type Post } from './network.ts';
export type { Person } from './people.ts';
export { type SampleQuery, sampleQuery } from './sample-query.ts';
export { type SeedProgress, seedDatabases } from './seed-databases.ts';
export { type Follow, generateFollows, generateLikes, type Like } from './social.ts';
