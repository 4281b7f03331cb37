import { StopStack } from '@nova/runtime';
import { startRelay } from '@nova/outbox';
import { startEngines, openLog } from './engines.ts';
import { openWriter } from './write-events.ts';
const stack = new StopStack();
const { directUrl, logs } = await startEngines(stack);
const writer = openWriter(directUrl);
stack.add('w', writer.stop);
const backlog = 60000;
for (const choice of logs.slice(0, Number(process.argv[2] ?? 2))) for (let pass = 0; pass < 3; pass++) {
  for (let left = backlog; left > 0; left -= 5000) await writer.write(5000);
  const times: Record<string, number> = {};
  let at = performance.now(), step = 'start', batches = 0, rows = 0;
  const cpu0 = process.cpuUsage();
  const done = Promise.withResolvers<void>();
  const log = openLog(choice, directUrl);
  const startedAt = performance.now();
  const relay = startRelay({ directUrl, schema: 'content', log, limits: JSON.parse(process.argv[3] ?? '{}'), observer: {
    onStep(next) { const now = performance.now(); times[step] = (times[step] ?? 0) + now - at; at = now; step = next; if (rows >= backlog && next==='selected') done.resolve(); },
    onPublished(p) { batches++; rows += p.rows; },
    onTrouble(t) { console.log(t); },
    onRetry(t) { console.log(t); },
  }});
  await done.promise;
  const ms = performance.now() - startedAt; const cpu = process.cpuUsage(cpu0);
  console.log(choice.kind, Math.round(backlog * 1000 / ms), '/s', batches, 'batches', Object.fromEntries(Object.entries(times).map(([k, v]) => [k, Math.round(v)])), 'cpu ms', Math.round((cpu.user + cpu.system) / 1000));
  await relay.stop(); await log.stop();
}
await stack.stop(); process.exit(0);
