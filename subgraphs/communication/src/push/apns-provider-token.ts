import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';

/** A key of Apple's developer account: `key` is the text of its .p8 file, `topic` the app's bundle id. */
export const apnsCredentialsSchema = z.object({
  teamId: z.string().min(1),
  keyId: z.string().min(1),
  topic: z.string().min(1),
  key: z.string().min(1),
});
export type ApnsCredentials = z.infer<typeof apnsCredentialsSchema>;

export type ProviderToken = {
  get(): Promise<string>;
  /** After the service refused it. */
  forget(): void;
};

/** Apple refuses tokens older than an hour, and new ones more often than every 20 minutes. */
const lifetimeMs = 50 * 60_000;

export function createProviderToken({ teamId, keyId, key }: ApnsCredentials): ProviderToken {
  let current: { readonly token: Promise<string>; readonly madeAtMs: number } | undefined;
  const make = async () => {
    const header = { alg: 'ES256', kid: keyId };
    return new SignJWT({})
      .setProtectedHeader(header)
      .setIssuer(teamId)
      .setIssuedAt()
      .sign(await importPKCS8(key, 'ES256'));
  };
  return {
    get() {
      if (!current || Date.now() - current.madeAtMs > lifetimeMs) current = { token: make(), madeAtMs: Date.now() };
      return current.token;
    },
    forget() {
      current = undefined;
    },
  };
}
