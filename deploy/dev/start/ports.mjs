import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Advice } from '../bootstrap/advice.mjs';
import { filesMatching } from '../bootstrap/fingerprint.mjs';
import { root } from '../bootstrap/machine.mjs';
import { commandOf } from '../bootstrap/processes.mjs';

/** Every port an instance listens on, with who listens there. */
export function portsOf({ port, host, kafka = false, redis = false }) {
  const indexes = JSON.parse(readFileSync(join(root, 'schema/domains.json'), 'utf8'));
  const domains = filesMatching(root, ['schema/subgraphs/*.graphql']).map((file) => /([^/]+)\.graphql$/.exec(file)[1]);
  const loopback = '127.0.0.1';
  return [
    { port, host, part: 'the gateway' },
    { port: port + 1, host: loopback, part: "the gateway's admin pages" },
    ...domains.flatMap((domain) =>
      ['GraphQL', 'gRPC', 'admin pages'].map((what, offset) => ({
        port: port + 10 * indexes[domain] + offset,
        host: loopback,
        part: `${what} of ${domain}`,
      })),
    ),
    { port: port + 95, host: loopback, part: 'PostgreSQL' },
    ...(kafka
      ? [
          { port: port + 96, host: loopback, part: 'Kafka' },
          { port: port + 97, host: loopback, part: "Kafka's controller" },
        ]
      : []),
    ...(redis ? [{ port: port + 98, host: loopback, part: 'Redis' }] : []),
  ];
}

/** Throws `Advice` naming the port, its holder and a base port that is free, when a needed port is taken. */
export async function requireFreePorts(options) {
  for (const wanted of portsOf(options)) {
    const problem = await whyNot(wanted);
    if (!problem) continue;
    const free = await freeBase(options);
    const advice = free ? `\nStart on other ports: npm start -- --port ${free}` : '';
    throw new Advice(`Port ${wanted.port} (for ${wanted.part}) ${problem}.${advice}`);
  }
}

async function whyNot({ port, host }) {
  const error = await listenError(port, host);
  if (error?.code === 'EACCES') return 'may not be opened by this user: ports below 1024 are for root';
  if (error?.code === 'EADDRNOTAVAIL') return `cannot be opened: this machine does not have the address ${host}`;
  if (error && error.code !== 'EADDRINUSE') return `cannot be opened: ${error.message}`;
  // macOS lets a specific address be opened beside somebody else's listener on all addresses.
  if (!error && (process.platform === 'linux' || !(await answers(port)))) return undefined;
  const holder = holderOf(port);
  return holder ? `is in use by ${holder}` : 'is in use by another process';
}

async function freeBase(options) {
  const { port } = options;
  for (let base = port + 100; base <= port + 1000 && base + 98 <= 65_535; base += 100) {
    const problems = await Promise.all(portsOf({ ...options, port: base }).map(whyNot));
    if (!problems.some(Boolean)) return base;
  }
  return undefined;
}

function listenError(port, host) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(500, () => socket.destroy());
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** Who listens on a port: "process 123 (node server.js)"; undefined where the system does not tell. */
function holderOf(port) {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  const pids = entries('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((pid) =>
    entries(`/proc/${pid}/fd`).some((fd) => inodes.has(socketInode(`/proc/${pid}/fd/${fd}`))),
  );
  if (!pid) return "another user's process";
  const command = commandOf(pid);
  return `process ${pid}${command ? ` (${command})` : ''}`;
}

function listeningInodes(table, port) {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = read(table).trim().split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hexPort}`))
    .map((fields) => fields[9]);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function entries(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function socketInode(link) {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined;
  }
}
