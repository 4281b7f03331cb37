import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnBroker } from '@nova/deploy/kafka/broker-process.ts';
import { brokerProperties } from '@nova/deploy/kafka/broker-properties.ts';
import { resolveKafkaJars } from '@nova/deploy/kafka/jars.ts';
import { javaArgs, type KafkaProgram } from '@nova/deploy/kafka/kafka-program.ts';
import { choosePorts, type NodePorts } from '@nova/deploy/kafka/ports.ts';
import { createKafkaEventLog, type EventLog, kafkaSettings, toKafkaOptions } from '@nova/events';
import { readSettings } from '@nova/runtime';
import { requireService } from '@nova/testkit';
import { expect, onTestFinished, test } from 'vitest';

test('with SASL_SSL only who knows the password and trusts the certificate gets in', {
  timeout: 120_000,
}, async (context) => {
  const java = requireService(context, 'java');
  requireService(context, 'maven');
  const program = { java, classPath: await resolveKafkaJars(() => undefined) };
  const { address, caFile, file } = await startGuardedBroker(program);
  const env = {
    KAFKA_BROKERS: address,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_USERNAME: 'nova',
    KAFKA_SASL_PASSWORD_FILE: file('password', 'secret\n'),
    KAFKA_SSL_CA_FILE: caFile,
  };

  const log = openLog(env);
  await log.ensureTopics([{ name: 'guarded', partitions: 1, retentionMs: 3_600_000 }]);
  await (await log.openProducer()).send([{ topic: 'guarded', key: 'key', value: Buffer.from('text'), headers: {} }]);
  const texts: string[] = [];
  await log.consume({
    group: 'readers',
    topics: ['guarded'],
    async onBatch({ records }) {
      texts.push(...records.map(({ value }) => Buffer.from(value).toString()));
    },
  });
  await expect.poll(() => texts).toEqual(['text']);

  const stranger = openLog({ ...env, KAFKA_SASL_PASSWORD_FILE: file('wrong', 'guessed') });
  await expect(stranger.openProducer()).rejects.toThrow(/authentication/i);
  const distrusting = openLog({ ...env, KAFKA_SSL_CA_FILE: '' });
  await expect(distrusting.openProducer()).rejects.toThrow(/certificate/i);
  const unencrypted = openLog({ KAFKA_BROKERS: address, KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' });
  await expect(unencrypted.check()).rejects.toThrow();
});

function openLog(env: NodeJS.ProcessEnv): EventLog {
  const options = toKafkaOptions(readSettings(kafkaSettings, env), { clientId: 'guest', appEnv: 'production' });
  if (!options) throw new Error('These settings name no broker.');
  const log = createKafkaEventLog(options);
  onTestFinished(() => log.stop());
  return log;
}

/** A broker whose clients must come by TLS and as the user `nova` with the password `secret`. */
async function startGuardedBroker(program: KafkaProgram) {
  const dir = mkdtempSync(join(tmpdir(), 'nova-kafka-guarded-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const { keystore, caFile } = makeCertificate(dir);
  const [own, guarded] = (await choosePorts(2, 0)) as [NodePorts, NodePorts];
  const address = `127.0.0.1:${guarded.client}`;
  const properties = {
    listeners: `GUARDED://${address},OWN://127.0.0.1:${own.client},CONTROLLER://127.0.0.1:${own.controller}`,
    'advertised.listeners': `GUARDED://${address},OWN://127.0.0.1:${own.client}`,
    'inter.broker.listener.name': 'OWN',
    'listener.security.protocol.map': 'GUARDED:SASL_SSL,OWN:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.guarded.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keystore,
    'ssl.keystore.password': 'keystore',
    'ssl.key.password': 'keystore',
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  const logDir = join(dir, 'data');
  mkdirSync(logDir);
  // Of two lines for one property Java takes the later.
  const propertiesFile = file('server.properties', brokerProperties({ id: 1, logDir, ports: [own] }) + lines.join(''));
  const user = ['--add-scram', 'SCRAM-SHA-512=[name=nova,password=secret]'];
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'Nova-0123456789ABCDEFg', '-c', propertiesFile, ...user];
  execFileSync(program.java, [...javaArgs(program, 64), ...format]);
  const logPath = join(dir, 'broker.log');
  const broker = spawnBroker({
    program,
    id: 1,
    address: `127.0.0.1:${own.client}`,
    nodeDir: dir,
    propertiesFile,
    logPath,
    heapMb: 256,
  });
  onTestFinished(() => broker.stop('SIGTERM'));
  await broker.ready(Date.now() + 90_000);
  return { address, caFile, file };
}

/** Signed by itself, for 127.0.0.1. */
function makeCertificate(dir: string) {
  const keystore = join(dir, 'broker.p12');
  const caFile = join(dir, 'broker.pem');
  const at = ['-alias', 'broker', '-keystore', keystore, '-storepass', 'keystore'];
  const subject = ['-dname', 'CN=broker', '-ext', 'san=ip:127.0.0.1', '-keyalg', 'EC', '-validity', '2'];
  execFileSync('keytool', ['-genkeypair', ...at, '-storetype', 'PKCS12', ...subject], { stdio: 'pipe' });
  execFileSync('keytool', ['-exportcert', '-rfc', ...at, '-file', caFile], { stdio: 'pipe' });
  return { keystore, caFile };
}
