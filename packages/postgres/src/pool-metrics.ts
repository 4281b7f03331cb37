import type { Metrics } from '@nova/runtime';
import type { Pool } from 'pg';
import { Counter, Gauge } from 'prom-client';

/** Exports the pool's size by state, its waiting callers and the connections it lost. */
export function observePool(pool: Pool, metrics: Metrics): void {
  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections of the pool by state.',
    labelNames: ['state'],
    registers: [metrics],
    collect() {
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'active' }, pool.totalCount - pool.idleCount);
    },
  });
  new Gauge({
    name: 'db_pool_waiting',
    help: 'Callers waiting for a connection.',
    registers: [metrics],
    collect() {
      this.set(pool.waitingCount);
    },
  });
  const errors = new Counter({
    name: 'db_pool_connection_errors_total',
    help: 'Connections lost while idle.',
    registers: [metrics],
  });
  pool.on('error', () => errors.inc());
}
