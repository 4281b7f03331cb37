import { randomUUID } from 'node:crypto';
import { UserFollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import { roles } from '@nova/subgraph';
import { userIdentity } from '@nova/testkit';
import { expect } from 'vitest';
import { type Person, startCommunication } from './_communication.ts';

const fields = `id kind count isRead actor { id } actors { id } post { id } comment { id } conversation { id }`;

/** Communication with its consumers, beside relays that publish what tests write into the outboxes of other domains. */
export async function startNotifications(env: Record<string, string> = {}) {
  const communication = await startCommunication({ roles, env });
  const told = async (viewer: Person, { unreadOnly = false } = {}) => {
    const query = `query ($unreadOnly: Boolean) {
      viewerNotifications(first: 100, unreadOnly: $unreadOnly) { nodes { ${fields} } } unreadNotificationCount }`;
    const { data, errors } = await communication.send(query, { as: viewer.as, variables: { unreadOnly } });
    expect(errors).toEqual([]);
    return { nodes: data.viewerNotifications.nodes, unread: data.unreadNotificationCount };
  };
  return {
    ...communication,
    told,
    /** Waits until communication has handled what was published of social with this key so far. */
    async handled(key: string) {
      const witness = randomUUID();
      await communication.publish('social', UserFollowedSchema, { key, followerId: randomUUID(), followeeId: witness });
      const viewer = { id: witness, as: userIdentity(witness) };
      await expect.poll(async () => (await told(viewer)).unread).toBe(1);
    },
    async prefer(viewer: Person, input: { kind: string; inApp: boolean; push: boolean }) {
      const query = `mutation ($input: SetNotificationPreferenceInput!) {
        setNotificationPreference(input: $input) { preference { kind inApp push } } }`;
      const { data } = await communication.send(query, { as: viewer.as, variables: { input } });
      expect(data.setNotificationPreference.preference).toEqual(input);
    },
    async mark(viewer: Person, ids?: readonly string[]) {
      const query = `mutation ($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
        notifications { id isRead } unreadNotificationCount } }`;
      const { data, errors } = await communication.send(query, { as: viewer.as, variables: { input: { ids } } });
      return { ...data?.markNotificationsRead, code: errors[0]?.extensions.code };
    },
  };
}

export type Notifications = Awaited<ReturnType<typeof startNotifications>>;
