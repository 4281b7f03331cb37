import { listImports, violation } from './boundaries.ts';

const broken = listImports().flatMap((entry) => {
  const reason = violation(entry);
  return reason ? [`${entry.from} imports ${entry.to}: ${reason}`] : [];
});
for (const line of broken) console.error(line);
process.exitCode = broken.length === 0 ? 0 : 1;
