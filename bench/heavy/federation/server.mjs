import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql } from 'graphql';
import { subgraphs } from './subgraphs.mjs';

/**
 * The four subgraphs in one process, at /accounts, /inventory, /products and /reviews, and what Nova's gateway needs of
 * the identity subgraph. Every answer is computed once and kept as bytes, so that what is measured is the gateway.
 * Messages: {delayMs} sets how long GraphQL answers are held back; {type: 'count'} answers with {requests, callers,
 * identified, sample} since the last time: `callers` are distinct authorizations or identities, `identified` requests that
 * had one, `sample` the last distinct requests as {path, body}.
 */
const { PORT, PUBLIC_JWK } = process.env;
const maxAnswers = 5_000;
const schemas = new Map(Object.entries(subgraphs).map(([name, modules]) => [`/${name}`, buildSubgraphSchema(modules)]));
const standIns = new Map([
  ['/jwks', { keys: [JSON.parse(PUBLIC_JWK)] }],
  [
    '/revoked-sessions',
    { accessTokenSeconds: 900, sessions: [], continueAfter: null, nextAfter: new Date().toISOString() },
  ],
]);
const answers = new Map();
let delayMs = 0;
let counted = none();

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0].toString() : Buffer.concat(chunks).toString();
    void answer(request, body).then((bytes) => {
      const send = () => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
        response.end(bytes);
      };
      if (delayMs > 0 && schemas.has(request.url)) setTimeout(send, delayMs);
      else send();
    });
  });
}).listen(Number(PORT), '127.0.0.1', () => process.send({ type: 'ready' }));

async function answer({ url, headers }, body) {
  const path = url.split('?')[0];
  if (!schemas.has(path))
    return Buffer.from(JSON.stringify(standIns.get(path) ?? { errors: [{ message: 'unknown' }] }));
  count(path, body, headers.authorization ?? headers['x-nova-identity']);
  const key = `${path} ${body}`;
  const known = answers.get(key);
  if (known) return known;
  const { query, variables, operationName } = JSON.parse(body);
  const result = await graphql({
    schema: schemas.get(path),
    source: query,
    variableValues: variables,
    operationName,
  });
  const bytes = Buffer.from(JSON.stringify(result));
  if (answers.size >= maxAnswers) answers.clear();
  answers.set(key, bytes);
  return bytes;
}

function count(path, body, caller) {
  counted.requests += 1;
  if (counted.sample.size < 30) counted.sample.set(`${path} ${body}`, { path, body });
  if (caller === undefined) return;
  counted.identified += 1;
  counted.callers.add(caller);
}

function none() {
  return { requests: 0, identified: 0, callers: new Set(), sample: new Map() };
}

process.on('message', (message) => {
  if (message.type === 'count') {
    const { requests, identified, callers, sample } = counted;
    counted = none();
    process.send({ type: 'counted', requests, identified, callers: callers.size, sample: [...sample.values()] });
  } else delayMs = message.delayMs;
});
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => {
  server.close();
  process.exit();
});
