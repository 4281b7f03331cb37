import { readdirSync, readFileSync } from 'node:fs';
import { cpuSeconds, residentMb } from '../processes.mjs';

/** CPU seconds of a process and its children that run; NaN where the system does not tell. */
export function treeCpuSeconds(pid) {
  return sum(pid, cpuSeconds);
}

/** Resident memory of the same in MB. */
export function treeResidentMb(pid) {
  return sum(pid, residentMb);
}

function sum(pid, read) {
  return [pid, ...childrenOf(pid)].map(read).reduce((total, value) => total + value, 0);
}

function childrenOf(pid) {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return [];
  }
}
