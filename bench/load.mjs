import autocannon from 'autocannon';

/**
 * The load generator, a process of its own: takes one run by IPC, answers with what it counted, and ends.
 * A run: {url, connections, count, requests: [{headers, body}]}. The connections share the count, and each goes round the
 * requests from a place of its own, so that with a count of as many as there are requests each is sent once. With
 * `divided` each goes round a part that no other has.
 */
process.on('disconnect', () => process.exit());
process.once('message', async ({ url, connections, count, requests, divided = false }) => {
  let connection = 0;
  let lastAnswerAt = 0;
  const startedAt = performance.now();
  const result = await autocannon({
    url,
    connections,
    method: 'POST',
    amount: count,
    timeout: 60,
    setupClient(client) {
      const start = Math.floor((requests.length / connections) * connection);
      const end = Math.floor((requests.length / connections) * (connection + 1));
      const isPart = divided && end > start;
      const own = isPart ? requests.slice(start, end) : [...requests.slice(start), ...requests.slice(0, start)];
      client.setRequests(own.map((request) => ({ method: 'POST', path: '/graphql', ...request })));
      client.on('response', () => {
        lastAnswerAt = performance.now();
      });
      connection += 1;
    },
    verifyBody: (body) => body.startsWith('{"data":{') && !body.includes('"errors":['),
  });
  const { non2xx, errors, timeouts, mismatches, latency } = result;
  process.send({
    requests: result['2xx'],
    failed: { non2xx, errors, timeouts, mismatches },
    seconds: (lastAnswerAt - startedAt) / 1_000,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
  });
  process.disconnect();
});
