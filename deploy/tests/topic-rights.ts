import kafkajs, { type Admin } from 'kafkajs';

/** What an administrator of Kafka does about topics. */
export type TopicRights = {
  forbidWriting(topic: string): Promise<void>;
  allowWriting(topic: string): Promise<void>;
  allowBytes(topic: string, bytes: number): Promise<void>;
};

export function topicRights(brokers: readonly string[]): TopicRights {
  const withAdmin = async (work: (admin: Admin) => Promise<unknown>) => {
    const client = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  };
  const rule = (topic: string) => ({
    resourceType: kafkajs.AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation: kafkajs.AclOperationTypes.WRITE,
    permissionType: kafkajs.AclPermissionTypes.DENY,
  });
  return {
    forbidWriting: (topic) => withAdmin((admin) => admin.createAcls({ acl: [rule(topic)] })),
    allowWriting: (topic) => withAdmin((admin) => admin.deleteAcls({ filters: [rule(topic)] })),
    allowBytes: (topic, bytes) =>
      withAdmin((admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: kafkajs.ConfigResourceTypes.TOPIC,
              name: topic,
              configEntries: [{ name: 'max.message.bytes', value: String(bytes) }],
            },
          ],
        }),
      ),
  };
}
