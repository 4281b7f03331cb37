import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Advice } from './bootstrap/advice.mjs';
import { node24, requireSupportedMachine, root } from './bootstrap/machine.mjs';
import { printLine } from './bootstrap/progress.mjs';
import { ensureInstalled } from './bootstrap.mjs';
import { chooseEventEngine, rememberEventEngine } from './start/event-engine.mjs';
import { openInstance, resetData } from './start/instance.mjs';
import { help, readOptions } from './start/options.mjs';
import { requireFreePorts } from './start/ports.mjs';
import { requirePrograms } from './start/required-programs.mjs';

/**
 * `npm start`, on whatever Node the machine has: checks what can be checked at once, installs, then lets the launcher
 * run on Node 24 and keeps watch over it. Plain JavaScript, because at first nothing else is there.
 */

/** What domains take to end by themselves after their launcher was killed. */
const orphanGraceMs = 10_000;

const startedAtMs = Date.now();
const stopRequest = new AbortController();
const requestStop = (reason) => {
  if (!stopRequest.signal.aborted) stopRequest.abort(reason);
};

// A terminal that went away must not keep the rest from stopping in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => requestStop(signal));
watchNpm();

let instance;
try {
  requireSupportedMachine();
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(help);
  else await start(options);
} catch (error) {
  if (!stopRequest.signal.aborted) {
    console.error(error instanceof Advice ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
} finally {
  instance?.release();
}
process.exit();

async function start(asked) {
  const { engine, isRemembered } = chooseEventEngine(asked, process.env);
  const options = { ...asked, kafka: engine === 'kafka' };
  requirePrograms(options);
  instance = await openInstance(options);
  await requireFreePorts(options);
  if (options.reset) resetData(options.dataDir);
  if (isRemembered)
    printLine('The events of this data are in Kafka, so Kafka runs, as with --kafka (without it only after --reset).');
  await ensureInstalled({ signal: stopRequest.signal });
  rememberEventEngine(options.dataDir, engine);
  process.exitCode = stopRequest.signal.aborted ? 0 : await runLauncher(options);
}

/** npm killed by SIGKILL cannot tell us; that our parent is another one now does. */
function watchNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) requestStop('npm is gone');
  }, 500).unref();
}

async function runLauncher(options) {
  const launcher = spawn(
    node24(),
    [join(root, 'deploy/dev/launcher/main.ts'), JSON.stringify({ ...options, startedAtMs })],
    {
      cwd: root,
      env: launcherEnv(),
      // A session of its own: Ctrl-C in a terminal reaches this process alone, and the launcher stops its parts in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const running = () => [{ name: 'launcher', pid: launcher.pid }];
  launcher.once('spawn', () => instance.note(running()));
  launcher.on('message', ({ processes }) => instance.note([...processes, ...running()]));
  const forward = () => launcher.kill(stopRequest.signal.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
  if (stopRequest.signal.aborted) forward();
  else stopRequest.signal.addEventListener('abort', forward);
  const { code, signal } = await new Promise((resolve, reject) => {
    launcher.once('error', reject);
    launcher.once('exit', (code, signal) => resolve({ code, signal }));
  });
  if (signal) {
    printLine(`The launcher was ended by ${signal}; ending what it ran.`);
    await instance.endAll(orphanGraceMs);
  }
  return code ?? 1;
}

function launcherEnv() {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  return { ...Object.fromEntries(ours), NODE_COMPILE_CACHE: join(root, '.data/compile-cache') };
}
