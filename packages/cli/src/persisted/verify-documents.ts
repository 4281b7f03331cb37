import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type DocumentNode, Kind, parse } from 'graphql';
import { type CommandInput, UsageError } from '../command.ts';
import { documentDifference } from './document-difference.ts';

type Known = { readonly id: string; readonly name: string; readonly body: string };
/** What a client sends: a text, an id, or both. */
type Sent = { readonly label: string; readonly id?: string | undefined; readonly text?: string | undefined };

const committed = new URL('../../../../persisted-queries/manifest.json', import.meta.url);

/**
 * Says of what a client sends (a document, the JSON body of a request, or a manifest of its own) whether the manifest has
 * it, and if not why. Exit codes: 0 all there, 1 not, 2 not understood.
 */
export async function verifyDocuments({ args, output }: CommandInput): Promise<number> {
  const { file, manifestFile } = readArguments(args);
  const known = readManifest(manifestFile);
  const reasons = readSent(file).map((sent) => ({ sent, reason: whyUnknown(sent, known) }));
  for (const { sent, reason } of reasons) output.log(reason ? `✗ ${sent.label}: ${reason}` : `✓ ${sent.label}`);
  return reasons.some(({ reason }) => reason !== undefined) ? 1 : 0;
}

function readArguments(args: readonly string[]): { file: string; manifestFile: string | URL } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { manifest: { type: 'string' } },
      allowPositionals: true,
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('Name one file to verify.');
    return { file, manifestFile: values.manifest ?? committed };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

function whyUnknown(sent: Sent, known: readonly Known[]): string | undefined {
  const { text } = sent;
  const id = sent.id?.replace(/^sha256:/, '').toLowerCase();
  if (text !== undefined && id !== undefined && hash(text) !== id)
    return `its id ${id} is not the SHA-256 of its text, which is ${hash(text)}`;
  const wanted = id ?? hash(text ?? '');
  if (known.some((operation) => operation.id === wanted)) return undefined;
  if (text === undefined)
    return `no operation of the manifest has the id ${wanted}, and there is no text to compare; was the manifest built after the client's last codegen (nova persisted build)?`;
  return whyTextDiffers(text, known);
}

function whyTextDiffers(text: string, known: readonly Known[]): string {
  const document = tryParse(text);
  if (typeof document === 'string') return `its text is not GraphQL: ${document}`;
  const name = nameOf(document);
  if (name === undefined) return 'its operation has no name, so that none of the manifest can be compared with it';
  const same = known.filter((operation) => operation.name === name);
  const [first] = same;
  if (!first) return `no operation of the manifest is called ${name}; it has ${known.map((it) => it.name).join(', ')}`;
  const differences = same.map(({ body }) => documentDifference(document, parse(body)));
  if (differences.includes(undefined)) {
    return `it asks for what ${name} of the manifest asks for, in another text or order; send the one that codegen emits (${first.id})`;
  }
  return `it differs from ${name} of the manifest: ${differences[0]}`;
}

function readSent(file: string): Sent[] {
  if (!file.endsWith('.json')) return [{ label: file, text: readText(file).trim() }];
  const json = readJson(file);
  if (Array.isArray(json.operations))
    return json.operations.map((operation: Known) => ({
      label: operation.name,
      id: operation.id,
      text: operation.body,
    }));
  const id = json.documentId ?? json.extensions?.persistedQuery?.sha256Hash;
  if (id === undefined && json.query === undefined)
    throw new UsageError(`${file} is neither a manifest nor the body of a request.`);
  return [{ label: json.operationName ?? file, id, text: json.query }];
}

function readManifest(file: string | URL): Known[] {
  const { operations } = readJson(file);
  if (!Array.isArray(operations)) throw new UsageError('The manifest has no operations.');
  return operations;
}

function readText(file: string | URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a client has put there.
function readJson(file: string | URL): any {
  try {
    return Object(JSON.parse(readText(file)));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

function tryParse(text: string): DocumentNode | string {
  try {
    return parse(text, { maxTokens: 10_000 });
  } catch (error) {
    return (error as Error).message;
  }
}

function nameOf({ definitions }: DocumentNode): string | undefined {
  for (const definition of definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) return definition.name?.value;
  return undefined;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
