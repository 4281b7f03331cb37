import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaSettings, toKafkaOptions } from '@nova/events';
import { type AppEnv, ConfigError, readSettings } from '@nova/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nova-kafka-settings-'));
  writeFileSync(join(dir, 'password'), 'secret\n');
  writeFileSync(join(dir, 'empty'), '\n');
  writeFileSync(join(dir, 'ca.pem'), 'certificates');
});
afterAll(() => rmSync(dir, { recursive: true }));

const login = () => ({ KAFKA_SASL_USERNAME: 'nova', KAFKA_SASL_PASSWORD_FILE: join(dir, 'password') });
const elsewhere = { KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092' };

test('without brokers Kafka is not used, whatever else is set', () => {
  expect(optionsOf({ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, 'production')).toBeUndefined();
});

test('a local broker needs its address only', () => {
  expect(optionsOf({ KAFKA_BROKERS: '127.0.0.1:9092' }, 'development')).toMatchObject({
    brokers: ['127.0.0.1:9092'],
    clientId: 'content',
    ssl: undefined,
    sasl: undefined,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    createTopics: true,
    publishTimeoutMs: 30_000,
  });
});

test('events leave the machine encrypted only, outside development and test', () => {
  for (const protocol of ['PLAINTEXT', 'SASL_PLAINTEXT']) {
    const env = { ...login(), KAFKA_SECURITY_PROTOCOL: protocol };
    for (const appEnv of ['staging', 'production'] as const) {
      expect(problemsOf({ ...env, ...elsewhere }, appEnv)).toEqual([
        expect.stringContaining('must be SSL or SASL_SSL'),
      ]);
      expect(optionsOf({ ...env, KAFKA_BROKERS: 'localhost:9092' }, appEnv)).toBeDefined();
      const oneElsewhere = { ...env, KAFKA_BROKERS: 'localhost:9092,kafka:9092' };
      expect(problemsOf(oneElsewhere, appEnv)).toHaveLength(1);
    }
    expect(optionsOf({ ...env, ...elsewhere }, 'test')).toBeDefined();
  }
});

test('password and certificates come from files', () => {
  const env = { ...elsewhere, ...login(), KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SSL_CA_FILE: join(dir, 'ca.pem') };
  expect(optionsOf(env, 'production')).toMatchObject({
    ssl: { ca: 'certificates' },
    sasl: { mechanism: 'scram-sha-512', username: 'nova', password: 'secret' },
  });
  expect(optionsOf({ ...env, KAFKA_SASL_MECHANISM: 'PLAIN' }, 'production')?.sasl?.mechanism).toBe('plain');
});

test('every problem is named at once', () => {
  const problems = problemsOf(
    {
      KAFKA_BROKERS: 'kafka,[::1]:9092,kafka:0,kafka:99999',
      KAFKA_REPLICATION_FACTOR: '1',
      KAFKA_MIN_INSYNC_REPLICAS: '2',
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_PASSWORD_FILE: join(dir, 'nowhere'),
      KAFKA_SSL_CA_FILE: join(dir, 'nowhere.pem'),
    },
    'production',
  );
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'KAFKA_BROKERS',
    'KAFKA_BROKERS',
    'KAFKA_BROKERS',
    'KAFKA_BROKERS',
    'KAFKA_MIN_INSYNC_REPLICAS',
    'KAFKA_SSL_CA_FILE',
    'KAFKA_SASL_USERNAME',
    'KAFKA_SASL_PASSWORD_FILE',
  ]);
});

test('an empty password is none', () => {
  const env = { ...elsewhere, ...login(), KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' };
  const problems = problemsOf({ ...env, KAFKA_SASL_PASSWORD_FILE: join(dir, 'empty') }, 'production');
  expect(problems).toEqual(['KAFKA_SASL_PASSWORD_FILE names an empty file']);
});

function optionsOf(env: NodeJS.ProcessEnv, appEnv: AppEnv) {
  return toKafkaOptions(readSettings(kafkaSettings, env), { clientId: 'content', appEnv });
}

function problemsOf(env: NodeJS.ProcessEnv, appEnv: AppEnv): readonly string[] {
  try {
    optionsOf(env, appEnv);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
