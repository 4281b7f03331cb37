import { spawnSync } from 'node:child_process';
import { requireKafkaPrograms } from '../../kafka/requirements.mjs';
import { Advice } from '../bootstrap/advice.mjs';

/** Throws `Advice` naming what is missing on this machine for the engines that were asked for. */
export function requirePrograms({ kafka, redis }) {
  if (redis && spawnSync('redis-server', ['--version']).error)
    throw new Advice(
      '--redis runs the redis-server of this machine, and there is none.\n' +
        'On Debian or Ubuntu: apt install redis-server. On macOS: brew install redis',
    );
  if (kafka) requireKafkaPrograms();
}
