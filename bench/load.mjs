import autocannon from 'autocannon';

/**
 * The load generator, a process of its own: takes one run by IPC, answers with what it counted, and ends.
 * A run: {url, connections, requests: [{headers, body}], seconds | eachOnce}. Every connection goes round the requests
 * from a place of its own; with `eachOnce` the requests are shared out and each is sent once.
 */
process.on('disconnect', () => process.exit());
process.once('message', async (run) => {
  const { url, connections, requests, seconds, eachOnce } = run;
  const share = Math.ceil(requests.length / connections);
  let connection = 0;
  const result = await autocannon({
    url,
    connections,
    method: 'POST',
    ...(eachOnce ? { amount: requests.length } : { duration: seconds }),
    setupClient(client) {
      const start = eachOnce ? share * connection : Math.floor((requests.length / connections) * connection);
      const own = eachOnce
        ? requests.slice(start, start + share)
        : [...requests.slice(start), ...requests.slice(0, start)];
      client.setRequests(own.map((request) => ({ method: 'POST', path: '/graphql', ...request })));
      connection += 1;
    },
    verifyBody: (body) => body.startsWith('{"data":{') && !body.includes('"errors":['),
  });
  process.send({
    requests: result['2xx'],
    failed: { non2xx: result.non2xx, errors: result.errors, timeouts: result.timeouts, mismatches: result.mismatches },
    seconds: result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  });
  process.disconnect();
});
