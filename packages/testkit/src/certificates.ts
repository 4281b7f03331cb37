import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type TestCertificate = { readonly key: string; readonly cert: string };

export type TestAuthority = {
  /** Its own certificate, for those who shall trust it. */
  readonly cert: string;
  /** A certificate for one host, good from yesterday on; `days` may be negative. */
  issue(options: { host: string; days: number }): TestCertificate;
};

const dayMs = 86_400_000;

/** Makes TLS certificates. Node can read and check them, but not make them; these are the few DER structures that one needs. */
export function createTestAuthority(): TestAuthority {
  const { publicKey, privateKey } = newKey();
  const issuer = name(`Nova test authority ${randomBytes(4).toString('hex')}`);
  const certify = (subject: Buffer, key: KeyObject, { extension, days }: { extension: Buffer; days: number }) => {
    const now = Date.now();
    const tbs = sequence(
      der(0xa0, integer(2)),
      der(0x02, Buffer.from([1]), randomBytes(8)),
      ecdsaWithSha256,
      issuer,
      sequence(time(now + Math.min(-1, days - 1) * dayMs), time(now + days * dayMs)),
      subject,
      key.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(extension)),
    );
    const signature = der(0x03, Buffer.from([0]), sign('sha256', tbs, privateKey));
    const lines =
      sequence(tbs, ecdsaWithSha256, signature)
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  };
  return {
    cert: certify(issuer, publicKey, { extension: isAuthority, days: 365 }),
    issue({ host, days }) {
      const own = newKey();
      const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { key, cert: certify(name(host), own.publicKey, { extension: forHost(host), days }) };
    },
  };
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...contents: Buffer[]) => der(0x30, ...contents);
const integer = (value: number) => der(0x02, Buffer.from([value]));
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const yes = der(0x01, Buffer.from([0xff]));
const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const name = (commonName: string) =>
  sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))));
/** YYMMDDHHMMSSZ */
const time = (ms: number) => der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
const isAuthority = sequence(objectId('551d13'), yes, der(0x04, sequence(yes)));
const forHost = (host: string) => sequence(objectId('551d11'), der(0x04, sequence(der(0x82, Buffer.from(host)))));
