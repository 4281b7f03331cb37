import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';

/** A key as the launcher's, and a maker of access tokens, each of a user and a session of its own. */
export function tokenIssuer() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' };
  const header = part({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' });
  const mint = () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'nova', aud: 'nova', sub: randomUUID(), sid: randomUUID(), permissions: [] };
    const text = `${header}.${part({ ...claims, iat: now, exp: now + 7_200 })}`;
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
  };
  return { jwk, mint };
}

function part(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
