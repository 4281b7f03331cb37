import { nodeProgram, runStep } from './run-step.ts';

/** Mends what can be mended by itself: format and lint of code, format of the proto. */
const buf = [process.execPath, 'node_modules/@bufbuild/buf/bin/buf'];

runStep([...buf, 'format', '--path', 'nova', '--write'], { cwd: 'proto' });
runStep(nodeProgram('@biomejs/biome/bin/biome', 'check', '--write', '.'), { inherit: true });
