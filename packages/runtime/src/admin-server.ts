import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { within } from '@nova/resilience';
import type { Metrics } from './metrics.ts';

/** Resolves when the dependency can be used, rejects with the reason when it cannot. */
export type ReadinessCheck = { readonly name: string; check(): Promise<void> | void };

/** Answers what is asked at one path; what it throws is answered with 500. */
export type AdminRoute = (request: IncomingMessage) => Promise<{ readonly status: number; readonly body: unknown }>;

export type AdminServer = { readonly url: string; stop(): Promise<void> };

/**
 * The private port of a process: `/livez` says the event loop turns, `/readyz` says whether to send traffic
 * (200, or 503 naming each check that failed or took over 2 s), `/metrics` is the Prometheus page.
 */
export async function startAdminServer(options: {
  host: string;
  port: number;
  metrics: Pick<Metrics, 'metrics' | 'contentType'>;
  checks: readonly ReadinessCheck[];
  /** Besides those, by path. */
  routes?: Readonly<Record<string, AdminRoute>>;
}): Promise<AdminServer> {
  const routes = options.routes ?? {};
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown, type = 'application/json') => {
      response.writeHead(status, { 'content-type': type });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    try {
      if (request.url === '/livez') answer(200, { status: 'alive' });
      else if (request.url === '/readyz') {
        const failed = await failedChecks(options.checks);
        answer(
          failed.length === 0 ? 200 : 503,
          failed.length === 0 ? { status: 'ready' } : { status: 'not ready', failed },
        );
      } else if (request.url === '/metrics') answer(200, await options.metrics.metrics(), options.metrics.contentType);
      else if (Object.hasOwn(routes, request.url ?? '')) {
        const { status, body } = await (routes[request.url ?? ''] as AdminRoute)(request);
        answer(status, body);
      } else answer(404, { error: 'Try /livez, /readyz or /metrics.' });
    } catch {
      answer(500, { error: 'The page could not be made.' });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The workers of a cluster would get one port, and each other's questions.
    server.listen({ port: options.port, host: options.host, exclusive: true }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    async stop() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function failedChecks(checks: readonly ReadinessCheck[]): Promise<Array<{ name: string; reason: string }>> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      try {
        await within(checkTimeoutMs, check);
        return undefined;
      } catch (error) {
        return { name, reason: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return results.filter((result) => result !== undefined);
}

/** A dependency that does not answer is not ready; without the limit, probes would pile up behind it. */
const checkTimeoutMs = 2_000;
