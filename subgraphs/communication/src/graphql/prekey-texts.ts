import type { PrekeyBundle as BundleText, UploadPrekeysInput } from '../generated/graphql.ts';
import { opaqueBytes } from '../opaque-bytes.ts';
import type { DeviceKeys, OneTimePrekey, PrekeyBundle } from '../prekeys/prekey.ts';

const maxBytes = 4_096;

/** Throws BAD_USER_INPUT for what is no base64. */
export function deviceKeys({ deviceId, registrationId, identityKey, signedPrekey }: UploadPrekeysInput): DeviceKeys {
  const { id, publicKey, signature } = signedPrekey;
  return {
    deviceId,
    registrationId,
    identityKey: opaqueBytes(identityKey, { field: 'identityKey', maxBytes }),
    signedPrekey: {
      id,
      publicKey: opaqueBytes(publicKey, { field: 'signedPrekey.publicKey', maxBytes }),
      signature: opaqueBytes(signature, { field: 'signedPrekey.signature', maxBytes }),
    },
  };
}

export function oneTimePrekeys({ oneTimePrekeys: sent }: UploadPrekeysInput): readonly OneTimePrekey[] {
  return (sent ?? []).map(({ id, publicKey }) => ({
    id,
    publicKey: opaqueBytes(publicKey, { field: 'oneTimePrekeys.publicKey', maxBytes }),
  }));
}

export function toBundle({ identityKey, signedPrekey, oneTimePrekey, ...device }: PrekeyBundle): BundleText {
  return {
    ...device,
    identityKey: identityKey.toString('base64'),
    signedPrekey: {
      id: signedPrekey.id,
      publicKey: signedPrekey.publicKey.toString('base64'),
      signature: signedPrekey.signature.toString('base64'),
    },
    oneTimePrekey: oneTimePrekey && { ...oneTimePrekey, publicKey: oneTimePrekey.publicKey.toString('base64') },
  };
}
