import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Advice } from './advice.mjs';
import { filesMatching, fingerprint } from './fingerprint.mjs';
import { node24, root } from './machine.mjs';
import { withProgress } from './progress.mjs';

const stamp = join(root, 'node_modules/.nova-generated');
const inputs = [
  'pnpm-lock.yaml',
  'codegen.ts',
  'tools/codegen.ts',
  'tools/client-errors.ts',
  'packages/errors/src/codes.ts',
  'schema/**/*.graphql',
  'schema/src/*.ts',
  'proto/nova/**/*.proto',
  'proto/buf*.yaml',
  'proto/scripts/*.ts',
  'persisted-queries/**/*.graphql',
];

function outputs() {
  const domains = filesMatching(root, ['schema/subgraphs/*.graphql']).map((file) => /([^/]+)\.graphql$/.exec(file)[1]);
  return [
    'proto/gen/descriptors.binpb',
    'persisted-queries/gen/web/graphql.ts',
    'persisted-queries/gen/web/errors.ts',
    ...domains.map((domain) => `subgraphs/${domain}/src/generated/graphql.ts`),
  ];
}

function wanted() {
  return fingerprint(root, filesMatching(root, inputs));
}

export function isGenerated() {
  const complete = outputs().every((file) => existsSync(join(root, file)));
  return complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();
}

/** Makes the code that is not committed: protobuf code, resolver types, typed client documents. */
export async function generate({ signal }) {
  const fingerprintBefore = wanted();
  await withProgress({ title: 'generating code from schema and proto', done: 'code generated' }, () =>
    runCodegen(signal),
  );
  writeFileSync(stamp, fingerprintBefore);
}

function runCodegen(signal) {
  const child = spawn(node24(), ['tools/codegen.ts'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      signal?.removeEventListener('abort', end);
      if (code === 0) resolve();
      else if (signal?.aborted) reject(signal.reason);
      else
        reject(
          new Advice(`${output.trim()}\n\nThe code could not be generated; what the generators printed is above.`),
        );
    });
  });
}
