import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StopStack } from '@nova/runtime';
import { startRelay } from '@nova/outbox';
import { startEngines, openLog } from './engines.ts';
import { openWriter } from './write-events.ts';
if (process.argv[2] === 'writer') {
  const writer = openWriter(process.argv[3]!);
  const times: number[] = []; const t0 = performance.now(); const all = []; let late = 0; const n = 1000 * Number(process.argv[4]);
  for (let i = 0; i < n; i++) { const due = t0 + i; const early = due - performance.now(); if (early > 0) await new Promise(r => setTimeout(r, early)); else late = Math.max(late, -early); const b = performance.now(); all.push(writer.write(1).then(() => times.push(performance.now() - b))); }
  await Promise.all(all); times.sort((a, b) => a - b);
  console.log('  writer late', late.toFixed(0), 'tx p50', times[n / 2]!.toFixed(1), 'p99', times[Math.floor(n * .99)]!.toFixed(1)); await writer.stop(); process.exit(0);
}
const seconds = 12;
const stack = new StopStack();
const { directUrl, logs } = await startEngines(stack);
import pg from 'pg'; import { readFileSync } from 'node:fs';
const cpuTotal = () => { const [u, n, sy, id, io] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/).slice(1).map(Number) as number[]; return { busy: u! + n! + sy!, io: io! }; };
const sqlc = new pg.Client({ connectionString: directUrl }); await sqlc.connect(); sqlc.on('error', () => {});
const q = (a: number[], p: number) => a.sort((x, y) => x - y)[Math.floor(a.length * p)]?.toFixed(1);
const runs = [['none', true], ['none', false], ['kafka', true], ['kafka', false], ['kafka', true], ['kafka', false]] as const;
for (const [kind, trigger] of runs) { const choice = logs[0]!;
  await sqlc.query('alter table outbox_events ' + (trigger ? 'enable' : 'disable') + ' trigger outbox_events_wake_relays');
  console.log(kind, trigger ? 'notify' : 'poll 5 ms');
  const steps: Record<string, number[]> = {};
  let at = performance.now(), step = 'start'; const lat: number[] = []; let batches = 0;
  const log = openLog(choice, directUrl);
  const relay = kind === 'none' ? { stop: async () => { await sqlc.query('truncate outbox_events') } } : startRelay({ directUrl, schema: 'content', log, limits: { pollMs: trigger ? 500 : 5 }, observer: {
    onStep(next) { const now = performance.now(); (steps[step] ??= []).push(now - at); at = now; step = next; },
    onPublished(p) { batches++; lat.push(...p.latenciesMs); },
    onTrouble(t) { console.log(t); }, onRetry(t) { console.log(t); },
  }});
  await new Promise(r => setTimeout(r, 1500)); for (const k in steps) steps[k] = []; 
  const cpu0 = process.cpuUsage(); const c0 = cpuTotal();
  const child = fork(fileURLToPath(import.meta.url), ['writer', directUrl, String(seconds)]);
  await new Promise(r => child.once('exit', r));
  const cpu = process.cpuUsage(cpu0); const c1 = cpuTotal(); console.log('  machine busy % of 2 cores', ((c1.busy - c0.busy) / seconds / 2).toFixed(0), 'iowait', ((c1.io - c0.io) / seconds / 2).toFixed(0));
  console.log(choice.kind, 'p50', q(lat, .5), 'p99', q(lat, .99), 'batches', batches, 'cpu%', Math.round((cpu.user + cpu.system) / seconds / 1e4), Object.entries(steps).map(([k, v]) => `${k} ${q(v, .5)}/${q(v, .99)}`).join(', '));
  await relay.stop(); await log.stop();
}
await stack.stop(); process.exit(0);
