import type { Tables } from '@nova/identity/tables';
import { sql, type Transaction } from 'kysely';
import { demoLogin, demoModerator } from './demo.ts';
import type { Network } from './network.ts';
import type { WriteRows } from './write-rows.ts';

export async function seedIdentity(
  db: Transaction<Tables>,
  { network, demoHash }: { network: Network; demoHash: string },
  write: WriteRows,
): Promise<void> {
  const { joinedAt, ...moderator } = demoModerator;
  const accounts = [
    ...network.people.map(({ id, email, username, joinedAt }) => ({
      id,
      email,
      username,
      password_hash: username === demoLogin.username ? demoHash : null,
      created_at: joinedAt,
    })),
    { ...moderator, password_hash: demoHash, created_at: joinedAt },
  ];
  await write('accounts', accounts, (rows) =>
    db
      .insertInto('accounts')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
  await sql`analyze accounts`.execute(db);
}
