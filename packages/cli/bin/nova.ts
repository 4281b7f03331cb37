import { runNova } from '../src/nova.ts';

process.exitCode = await runNova(process.argv.slice(2), console, process.env);
