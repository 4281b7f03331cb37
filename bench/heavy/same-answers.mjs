import { deepStrictEqual } from 'node:assert';
import { coldDocument, heavyDocument, threeFetches } from './documents.mjs';
import { heavyId } from './systems.mjs';

// Of numbers that no measurement reaches.
const coldNumbers = [9_000_001, 9_000_002, 9_000_003];

/** Rejects unless all systems give deeply equal answers to each document, signed in and not. Resolves with the size of the heavy one in bytes. */
export async function sameAnswers(systems, token) {
  const documents = [heavyDocument, threeFetches.document, ...coldNumbers.map(coldDocument)];
  const bodies = documents.map((query) => ({ query }));
  let heavyBytes;
  for (const authorization of [undefined, `Bearer ${token}`]) {
    for (const body of bodies) {
      const answers = [];
      for (const [name, { url }] of Object.entries(systems)) {
        answers.push(await ask(url, body, authorization));
        if (name === 'nova' && body.query === heavyDocument)
          answers.push(await ask(url, { documentId: `sha256:${heavyId}` }, authorization));
      }
      const [first, ...others] = answers;
      heavyBytes ??= Buffer.byteLength(JSON.stringify({ data: first }));
      for (const other of others) deepStrictEqual(other, first);
    }
  }
  return heavyBytes;
}

async function ask(url, body, authorization) {
  const headers = { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const { data, errors } = await response.json();
  if (errors || !data) throw new Error(`${url} answered HTTP ${response.status}: ${JSON.stringify(errors)}`);
  return data;
}
