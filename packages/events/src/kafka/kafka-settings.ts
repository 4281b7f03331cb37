import { readFileSync } from 'node:fs';
import { type AppEnv, ConfigError, isLoopback, type SettingValues, setting } from '@nova/runtime';

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const mechanisms = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const;

/** Settings of a process that publishes or consumes events. */
export const kafkaSettings = {
  KAFKA_BROKERS: setting.list({
    description:
      'Kafka brokers that carry the events, as host:port,host:port; any that answers names the others. Without them events go through the database, which is for one machine.',
  }),
  KAFKA_REPLICATION_FACTOR: setting.integer({
    default: 1,
    min: 1,
    max: 100,
    description: 'Copies that new topics keep of each event. Use 3 in production, with as many brokers.',
  }),
  KAFKA_MIN_INSYNC_REPLICAS: setting.integer({
    default: 1,
    min: 1,
    max: 100,
    description:
      'Copies of an event that must be there before it counts as published, for new topics. Use 2 in production; events wait in the database while there are fewer.',
  }),
  KAFKA_CREATE_TOPICS: setting.boolean({
    default: true,
    description:
      'Whether to make missing topics. With false they must be there, for clusters that give us no right to.',
  }),
  KAFKA_SECURITY_PROTOCOL: setting.oneOf(protocols, {
    default: 'PLAINTEXT',
    description:
      'How to talk to the brokers. Outside development and test only SSL and SASL_SSL are accepted, unless the brokers are on this machine.',
  }),
  KAFKA_SASL_MECHANISM: setting.oneOf(mechanisms, {
    default: 'SCRAM-SHA-512',
    description: 'How to log in to the brokers, with SASL_SSL and SASL_PLAINTEXT.',
  }),
  KAFKA_SASL_USERNAME: setting.string({
    optional: true,
    description: 'Name to log in to the brokers with; required by SASL_SSL and SASL_PLAINTEXT.',
  }),
  KAFKA_SASL_PASSWORD_FILE: setting.string({
    optional: true,
    description: 'File that holds the password for KAFKA_SASL_USERNAME; a line end at its end does not count.',
  }),
  KAFKA_SSL_CA_FILE: setting.string({
    optional: true,
    description:
      'File with the certificates (PEM) that the certificates of the brokers must come from. Without it the authorities that Node.js knows are trusted.',
  }),
  KAFKA_PUBLISH_TIMEOUT_MS: setting.integer({
    default: 30_000,
    min: 1_000,
    max: 300_000,
    description: 'Milliseconds until an unanswered publish is given up and tried again on a new connection.',
  }),
};

type Login<M> = { readonly mechanism: M; readonly username: string; readonly password: string };

export type KafkaOptions = {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: { readonly ca?: string };
  readonly sasl?: Login<'scram-sha-512'> | Login<'scram-sha-256'> | Login<'plain'>;
  /** Of topics that are made. */
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly createTopics: boolean;
  readonly publishTimeoutMs: number;
  /** How long a group waits for a member that is not heard of. */
  readonly sessionTimeoutMs: number;
  /** How long a consumer waits for an answer before it takes the connection for dead. */
  readonly requestTimeoutMs: number;
};

/** Without `KAFKA_BROKERS` undefined. Reads the files that the settings name; throws one `ConfigError` with every problem. */
export function toKafkaOptions(
  values: SettingValues<typeof kafkaSettings>,
  { clientId, appEnv }: { clientId: string; appEnv: AppEnv },
): KafkaOptions | undefined {
  const brokers = values.KAFKA_BROKERS;
  if (brokers.length === 0) return undefined;
  const problems: string[] = [];
  const addresses = brokers.map((broker) => parseBroker(broker, problems));
  const { KAFKA_REPLICATION_FACTOR: replicationFactor, KAFKA_MIN_INSYNC_REPLICAS: minInsyncReplicas } = values;
  if (minInsyncReplicas > replicationFactor)
    problems.push(`KAFKA_MIN_INSYNC_REPLICAS must not exceed KAFKA_REPLICATION_FACTOR, which is ${replicationFactor}`);
  const protocol = values.KAFKA_SECURITY_PROTOCOL;
  const isOwnMachine = appEnv === 'development' || appEnv === 'test' || addresses.every(isLoopback);
  const isEncrypted = protocol === 'SSL' || protocol === 'SASL_SSL';
  if (!isEncrypted && !isOwnMachine)
    problems.push(
      `KAFKA_SECURITY_PROTOCOL must be SSL or SASL_SSL, not ${protocol}: APP_ENV=${appEnv} and brokers on other machines`,
    );
  const ssl = isEncrypted ? { ca: readSecret('KAFKA_SSL_CA_FILE', values, problems) } : undefined;
  const sasl = protocol.startsWith('SASL_') ? readLogin(values, problems) : undefined;
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    brokers,
    clientId,
    ssl,
    sasl,
    replicationFactor,
    minInsyncReplicas,
    createTopics: values.KAFKA_CREATE_TOPICS,
    publishTimeoutMs: values.KAFKA_PUBLISH_TIMEOUT_MS,
    sessionTimeoutMs: 30_000,
    requestTimeoutMs: 15_000,
  };
}

type Values = SettingValues<typeof kafkaSettings>;

/** The host. An IPv6 address has none that kafkajs could read; a name for it works. */
function parseBroker(broker: string, problems: string[]): string {
  const [, host, port] = /^([^:[\]\s]+):(\d{1,5})$/.exec(broker) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return host;
  problems.push(`KAFKA_BROKERS must be a list of host:port; "${broker}" is none`);
  return '';
}

function readLogin(values: Values, problems: string[]): KafkaOptions['sasl'] {
  const username = values.KAFKA_SASL_USERNAME ?? '';
  const protocol = values.KAFKA_SECURITY_PROTOCOL;
  if (!username) problems.push(`KAFKA_SASL_USERNAME is required with KAFKA_SECURITY_PROTOCOL=${protocol}`);
  if (!values.KAFKA_SASL_PASSWORD_FILE)
    problems.push(`KAFKA_SASL_PASSWORD_FILE is required with KAFKA_SECURITY_PROTOCOL=${protocol}`);
  const password = readSecret('KAFKA_SASL_PASSWORD_FILE', values, problems)?.replace(/\r?\n$/, '') ?? '';
  if (values.KAFKA_SASL_PASSWORD_FILE && password === '' && problems.length === 0)
    problems.push('KAFKA_SASL_PASSWORD_FILE names an empty file');
  return { mechanism: saslMechanism[values.KAFKA_SASL_MECHANISM], username, password };
}

const saslMechanism = { 'SCRAM-SHA-512': 'scram-sha-512', 'SCRAM-SHA-256': 'scram-sha-256', PLAIN: 'plain' } as const;

function readSecret(
  name: 'KAFKA_SSL_CA_FILE' | 'KAFKA_SASL_PASSWORD_FILE',
  values: Values,
  problems: string[],
): string | undefined {
  const file = values[name];
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    problems.push(`${name} names a file that cannot be read (${reason}): ${file}`);
    return undefined;
  }
}
