import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './machine.mjs';

const pageCount = 16;

/**
 * The bodies to send: HomePage at a number of places, by text and by id. Before that, every gateway has to give the
 * same answer to each. Rejects when one does not.
 */
export async function homePage({ nova, plain, accessToken }) {
  const manifest = JSON.parse(readFileSync(join(root, 'persisted-queries/manifest.json'), 'utf8'));
  const operation = manifest.operations.find(({ name }) => name === 'HomePage');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` };
  const pages = [];
  let after = null;
  while (pages.length < pageCount) {
    const variables = { first: 10, after };
    const byText = JSON.stringify({ operationName: 'HomePage', query: operation.body, variables });
    const byId = JSON.stringify({ documentId: `sha256:${operation.id}`, variables });
    pages.push({ byText, byId });
    after = (await sameAnswers({ nova, plain }, { headers, byText, byId })).posts.pageInfo.endCursor;
  }
  return { headers, byText: pages.map(({ byText }) => byText), byId: pages.map(({ byId }) => byId) };
}

/** Resolves with the data, after all three ways have given it. */
export async function sameAnswers({ nova, plain }, { headers, byText, byId }) {
  const [data, ...others] = await Promise.all([
    ask(nova.url, { headers, body: byText }),
    ask(nova.url, { headers, body: byId }),
    ask(plain.url, { headers, body: byText }),
  ]);
  for (const other of others) deepStrictEqual(other, data);
  if (data.viewer === null || data.posts.nodes.length !== 10) throw new Error('HomePage is not as it should be.');
  return data;
}

async function ask(url, request) {
  const response = await fetch(url, { method: 'POST', ...request });
  const { data, errors } = await response.json();
  if (errors || !data) throw new Error(`${url} answered HTTP ${response.status}: ${JSON.stringify(errors)}`);
  return data;
}
