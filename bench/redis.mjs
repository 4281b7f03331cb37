import { spawn } from 'node:child_process';
import { keep } from './processes.mjs';

/** A Redis without persistence; resolves when it takes connections. */
export async function startRedis(port, directory) {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  keep(child);
  let text = '';
  await new Promise((resolve, reject) => {
    child.once('error', () => reject(new Error('redis-server could not be started; is it installed?')));
    child.once('exit', (code) => reject(new Error(`redis-server ended with code ${code}.`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (/Ready to accept connections/.test(text)) resolve();
    });
  });
}
