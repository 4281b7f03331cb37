import { coldDocument, heavyDocument } from './documents.mjs';
import { heavyId } from './systems.mjs';

const json = { 'content-type': 'application/json' };
const byText = JSON.stringify({ query: heavyDocument });
const byId = JSON.stringify({ documentId: `sha256:${heavyId}` });

export const workloadNames = ['shared', 'personal', 'cold'];

/**
 * The ways to measure: a workload sent to a system. `requests(count)` makes what one measurement sends, count of them or
 * fewer that are repeated; `identified` says that every call to a subgraph has to carry a caller.
 */
export function waysOf({ systems, workloads, tokens }) {
  const signedIn = (body) => tokens.map((token) => ({ headers: { ...json, authorization: `Bearer ${token}` }, body }));
  const personal = { text: signedIn(byText), id: signedIn(byId) };
  const shared = { text: [{ headers: json, body: byText }], id: [{ headers: json, body: byId }] };
  let number = 0;
  const cold = (count) =>
    Array.from({ length: count }, () => {
      number += 1;
      return { headers: json, body: JSON.stringify({ query: coldDocument(number) }) };
    });
  const of = (workload, system) => {
    const one = (name, requests) => ({ workload, name, ...systems[system], requests, samples: [] });
    if (workload === 'cold') return [one(system, cold)];
    const { text, id } = workload === 'shared' ? shared : personal;
    const ways = [one(system, () => text)];
    if (system === 'nova') ways.push(one('nova-id', () => id));
    return ways;
  };
  return workloads.map((workload) => ({
    workload,
    identified: workload === 'personal',
    ways: Object.keys(systems)
      .filter((system) => workload === 'shared' || !system.endsWith('-sharing'))
      .flatMap((system) => of(workload, system)),
  }));
}
