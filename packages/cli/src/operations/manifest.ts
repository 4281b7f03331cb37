import { readFileSync } from 'node:fs';

export type ManifestOperation = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly body: string;
  readonly clientName?: string;
};

export const committedManifest = new URL('../../../../persisted-queries/manifest.json', import.meta.url);

export function readOperations(file: string | URL): readonly ManifestOperation[] {
  const { operations }: { operations: ManifestOperation[] } = JSON.parse(readFileSync(file, 'utf8'));
  return operations;
}
