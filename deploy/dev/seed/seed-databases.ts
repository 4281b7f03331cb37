import { hash } from '@node-rs/argon2';
import type { Tables as CommunicationTables } from '@nova/communication/tables';
import type { Tables as ContentTables } from '@nova/content/tables';
import type { Tables as IdentityTables } from '@nova/identity/tables';
import type { Tables as MediaTables } from '@nova/media/tables';
import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import type { Tables as SearchTables } from '@nova/search/tables';
import type { Tables as UserTables } from '@nova/user/tables';
import type { Transaction } from 'kysely';
import { seedCommunication } from './communication.ts';
import { seedContent } from './content.ts';
import { generateConversations } from './conversations.ts';
import { demoLogin } from './demo.ts';
import { seedIdentity } from './identity.ts';
import { generateMedia } from './media.ts';
import { generateNetwork } from './network.ts';
import { generateNotifications } from './notifications.ts';
import { drawPictures } from './pictures.ts';
import { seedSearch } from './search.ts';
import { generateFollows, generateLikes, seedSocial } from './social.ts';
import { seedUploads } from './uploads.ts';
import { seedUser } from './user.ts';
import { createWriteRows, type SeedProgress } from './write-rows.ts';

type Domain = 'identity' | 'user' | 'content' | 'media' | 'communication' | 'search' | 'social';

/**
 * Writes the network of `size` people as each domain's own role, each domain in one transaction. What exists already
 * is left as it is, so that it can be repeated and taken up again after an interruption. Only the demo accounts get a
 * password. `urls` are those of the domains' roles on migrated schemas, `mediaDirectory` is where media keeps objects.
 */
export async function seedDatabases(options: {
  urls: Readonly<Record<Domain, string>>;
  mediaDirectory: string;
  size: number;
  onProgress?: (progress: SeedProgress) => void;
}): Promise<void> {
  const { urls, mediaDirectory, size, onProgress } = options;
  const write = createWriteRows(onProgress);
  const network = generateNetwork(size);
  const [follows, likes, media] = [generateFollows(network), generateLikes(network), generateMedia(network)];
  const conversations = generateConversations(network, follows);
  const notifications = generateNotifications(network, { follows, likes, conversations });
  const [pictures, demoHash] = await Promise.all([
    drawPictures(),
    hash(demoLogin.password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 }),
  ]);
  await inDatabase<IdentityTables>(urls.identity, (db) => seedIdentity(db, { network, demoHash }, write));
  await inDatabase<MediaTables>(urls.media, (db) => seedUploads(db, { media, pictures, mediaDirectory }, write));
  await inDatabase<UserTables>(urls.user, (db) => seedUser(db, { network, follows, media, pictures }, write));
  await inDatabase<ContentTables>(urls.content, (db) => seedContent(db, { network, media }, write));
  await inDatabase<SearchTables>(urls.search, (db) => seedSearch(db, network, write));
  await inDatabase<unknown>(urls.social, (db) => seedSocial(db, { network, follows, likes }, write));
  await inDatabase<CommunicationTables>(urls.communication, (db) =>
    seedCommunication(db, { conversations, notifications }, write),
  );
}

/** Runs `work` in one transaction. */
async function inDatabase<T>(url: string, work: (db: Transaction<T>) => Promise<void>): Promise<void> {
  const log = createLogger({ service: 'seed', level: 'warn' });
  const database = openDatabase<T>({ url, poolMax: 1, applicationName: 'nova-seed', log });
  try {
    await database.db.transaction().execute(work);
  } finally {
    await database.stop();
  }
}
