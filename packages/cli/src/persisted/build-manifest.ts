import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type DefinitionNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import type { Output } from '../command.ts';
import { writeOrCheck } from '../write-or-check.ts';

/** An entry of the manifest, in the format that Apollo's tools read and write. */
type ManifestOperation = {
  readonly id: string;
  readonly name: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly body: string;
  /** The folder it was written in. */
  readonly clientName: string;
};

const root = new URL('../../../../persisted-queries/', import.meta.url);

/**
 * Builds the manifest from what codegen emitted for each client, so that an id is the hash of the very text that the
 * client's typed documents carry.
 */
export async function buildManifest({ check, output }: { check: boolean; output: Output }): Promise<number> {
  const operations = clients().flatMap(operationsOf);
  const manifest = {
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: operations.sort(byNameThenClient),
  };
  const files = new Map([[new URL('manifest.json', root), `${JSON.stringify(manifest, null, 2)}\n`]]);
  return writeOrCheck(files, { check, output, command: 'persisted build' });
}

function clients(): string[] {
  return readdirSync(new URL('gen/', root)).sort();
}

function operationsOf(client: string): ManifestOperation[] {
  const file = new URL(`gen/${client}/persisted-documents.json`, root);
  const documents = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return Object.entries(documents).map(([key, body]) => {
    const id = createHash('sha256').update(body).digest('hex');
    if (key !== `sha256:${id}`) throw new Error(`codegen gave ${client} the id ${key} for a text whose hash is ${id}.`);
    const operation = parse(body).definitions.find(isOperation);
    if (!operation?.name) throw new Error(`An operation of ${client} has no name: ${body}`);
    return { id, name: operation.name.value, type: operation.operation, body, clientName: client };
  });
}

function byNameThenClient(a: ManifestOperation, b: ManifestOperation): number {
  return a.name.localeCompare(b.name) || a.clientName.localeCompare(b.clientName);
}

function isOperation(definition: DefinitionNode): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION;
}
