import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import type { GatewayProcess } from '../_gateway-process.ts';

export type Balanced = { readonly requests: number; readonly failures: readonly string[] };

const pauseMs = 10;
const probeEveryMs = 50;

/**
 * Clients behind a load balancer that knows the gateways by their readiness. Each keeps its connection until an answer ends
 * it; only new connections go to whoever is ready.
 */
export function startBalancedClients(options: {
  readonly clients: number;
  readonly query: string;
  /** Those that run now. */
  readonly gateways: () => readonly GatewayProcess[];
}): { stop(): Promise<Balanced> } {
  const { clients, gateways } = options;
  const body = JSON.stringify({ query: options.query });
  const failures: string[] = [];
  let requests = 0;
  let running = true;
  let ready: readonly GatewayProcess[] = gateways();
  const probe = async () => {
    while (running) {
      const probed = await Promise.all(gateways().map(async (it) => ((await readiness(it)) === 200 ? [it] : [])));
      ready = probed.flat();
      await sleep(probeEveryMs);
    }
  };
  const client = async (number: number) => {
    let connection: Client | undefined;
    for (; running; requests += 1) {
      const chosen = ready[(requests + number) % ready.length] ?? gateways()[0];
      connection ??= new Client(new URL((chosen as GatewayProcess).url).origin);
      const { failure, isLast } = await ask(connection, body);
      if (failure !== undefined) failures.push(failure);
      if (isLast) {
        await connection.destroy();
        connection = undefined;
      }
      await sleep(pauseMs);
    }
    await connection?.destroy();
  };
  const all = Promise.all([probe(), ...Array.from({ length: clients }, (_, number) => client(number))]);
  return {
    async stop() {
      running = false;
      await all;
      return { requests, failures };
    },
  };
}

/** The status of /readyz; undefined when nobody answers. */
export function readiness({ adminUrl }: GatewayProcess): Promise<number | undefined> {
  return fetch(`${adminUrl}/readyz`).then(
    ({ status }) => status,
    () => undefined,
  );
}

async function ask(connection: Client, body: string): Promise<{ failure?: string; isLast: boolean }> {
  try {
    const answer = await connection.request({
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.body.text();
    const isLast = answer.headers.connection === 'close';
    return answer.statusCode === 200 && !text.includes('"errors":')
      ? { isLast }
      : { failure: `${answer.statusCode} ${text}`, isLast };
  } catch (error) {
    return { failure: String(error), isLast: true };
  }
}
