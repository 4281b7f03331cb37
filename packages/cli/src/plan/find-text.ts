import { existsSync, readFileSync } from 'node:fs';
import { suggestionList } from 'graphql/jsutils/suggestionList.js';
import { committedManifest, type ManifestOperation, readOperations } from '../operations/manifest.ts';

/** Why there is no plan, for whoever asked for it. */
export class NoPlan extends Error {
  override readonly name = 'NoPlan';
}

export type FoundText = { readonly text: string; readonly id?: string };

const mostNames = 20;

/** The text of a file, or of the operation of the committed manifest with this id or name. Throws `NoPlan`. */
export function findText(asked: string): FoundText {
  if (/\.(graphql|gql)$/.test(asked) || existsSync(asked)) return { text: readText(asked) };
  const operations = readOperations(committedManifest);
  const id = asked.replace(/^sha256:/, '').toLowerCase();
  const [found, ...others] = operations.filter((it) => it.id === id || it.name === asked);
  if (!found) throw new NoPlan(unknown(asked, operations));
  if (others.length > 0) {
    const ids = [found, ...others].map((it) => `  ${it.id} (${it.clientName})`);
    throw new NoPlan([`Several operations are called ${asked}; name one by its id:`, ...ids].join('\n'));
  }
  return { text: found.body, id: found.id };
}

function unknown(asked: string, operations: readonly ManifestOperation[]): string {
  const names = [...new Set(operations.map(({ name }) => name))];
  const near = suggestionList(asked, names);
  const listed = near.length > 0 ? near : names;
  const more = listed.length > mostNames ? ', …' : '';
  const hint = `${near.length > 0 ? 'Did you mean' : 'It has'} ${listed.slice(0, mostNames).join(', ')}${more}`;
  return `The manifest has no operation "${asked}", and there is no such file. ${hint}${near.length > 0 ? '?' : '.'}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new NoPlan(`${file} cannot be read: ${(error as Error).message}`);
  }
}
