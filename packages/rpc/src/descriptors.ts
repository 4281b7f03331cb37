import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The FileDescriptorSet of everything in `proto/`, for reflection. */
export function readDescriptors(): Uint8Array {
  return readFileSync(createRequire(import.meta.url).resolve('@nova/proto/descriptors'));
}
