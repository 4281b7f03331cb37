import type { Metrics } from '@nova/runtime';
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc-common';
import { Counter, Histogram } from 'prom-client';

/** Counts and times calls by method and status. */
export function metricsMiddleware(metrics: Metrics): ServerMiddleware {
  const requests = new Counter({
    name: 'grpc_requests_total',
    help: 'gRPC calls served, by method and status.',
    labelNames: ['method', 'status'],
    registers: [metrics],
  });
  const duration = new Histogram({
    name: 'grpc_request_duration_seconds',
    help: 'Duration of gRPC calls served.',
    labelNames: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  return async function* measure(call, context) {
    const method = call.method.path;
    const stop = duration.startTimer({ method });
    let status: Status = Status.OK;
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      status = error instanceof ServerError ? error.code : Status.CANCELLED;
      throw error;
    } finally {
      stop();
      requests.inc({ method, status: Status[status] });
    }
  };
}
