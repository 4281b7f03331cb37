import kafkajs from 'kafkajs';

/** The ids of the brokers that the cluster counts as alive, as the broker at this address sees it. Throws when it does not answer. */
export async function liveBrokers(address: string): Promise<number[]> {
  const kafka = new kafkajs.Kafka({
    clientId: 'nova-kafka-health',
    brokers: [address],
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.map(({ nodeId }) => nodeId);
  } finally {
    await admin.disconnect();
  }
}
