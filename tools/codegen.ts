import { writeClientErrors } from './client-errors.ts';
import { nodeProgram, runStep } from './run-step.ts';

/** Everything that is generated and not committed: protobuf code and descriptors, resolver types, typed client documents, the error list for clients. */
const buf = 'node_modules/@bufbuild/buf/bin/buf';

runStep([process.execPath, 'scripts/print-validate-proto.ts'], { cwd: 'proto' });
runStep([process.execPath, buf, 'generate'], { cwd: 'proto' });
runStep([process.execPath, buf, 'build', '--path', 'nova', '-o', 'gen/descriptors.binpb'], { cwd: 'proto' });
runStep(nodeProgram('@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.ts'));
writeClientErrors();
