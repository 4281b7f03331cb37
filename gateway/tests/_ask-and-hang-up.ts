import type { World } from './_world.ts';

/** Asks and waits, until it is told to go away; says then whether no answer had come. */
export function askAndHangUp(world: World, body: object, headers: object = {}): () => Promise<boolean> {
  const client = new AbortController();
  const hungUp = fetch(`${world.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: client.signal,
  }).then(
    () => false,
    () => client.signal.aborted,
  );
  return () => {
    client.abort();
    return hungUp;
  };
}
