import { setTimeout as pause } from 'node:timers/promises';
import { coldDocument } from './documents.mjs';
import { treeResidentMb } from './process-tree.mjs';

const documents = 10_000;
const step = 1_000;
const settleMs = 2_000;

/** Sends documents never seen, one after another, and prints what the gateway holds after each thousand, and the slope of the second half. */
export async function measureMemory({ pid, url, metricsUrl, onProgress }) {
  const samples = [];
  onProgress('| documents | resident MB | heap used MB |\n| ---: | ---: | ---: |');
  for (let sent = 0; sent <= documents; sent += 1) {
    if (sent % step === 0) {
      await pause(settleMs);
      const sample = { sent, residentMb: treeResidentMb(pid), heapUsedMb: await heapUsedMb(metricsUrl) };
      samples.push(sample);
      onProgress(`| ${sent} | ${sample.residentMb.toFixed(0)} | ${sample.heapUsedMb.toFixed(0)} |`);
    }
    if (sent < documents) await ask(url, coldDocument(sent + 1));
  }
  const half = samples.slice(samples.length >> 1);
  const text = ['residentMb', 'heapUsedMb'].map((key) => `${slope(half, key).toFixed(2)} MB (${key})`).join(', ');
  onProgress(`\nSlope of the second half: ${text} for each thousand documents.`);
  return samples;
}

async function ask(url, query) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const text = await response.text();
  if (!response.ok || text.includes('"errors":[')) throw new Error(`Failed: ${text.slice(0, 500)}`);
}

async function heapUsedMb(url) {
  const text = await (await fetch(url)).text();
  return Number(/^nodejs_heap_size_used_bytes\S* (\S+)/m.exec(text)?.[1]) / 1_048_576;
}

/** Least squares, for each thousand documents. */
function slope(samples, key) {
  const mean = (values) => values.reduce((total, value) => total + value, 0) / values.length;
  const xs = samples.map(({ sent }) => sent / step);
  const ys = samples.map((sample) => sample[key]);
  const [x, y] = [mean(xs), mean(ys)];
  const both = xs.reduce((total, value, at) => total + (value - x) * (ys[at] - y), 0);
  return both / xs.reduce((total, value) => total + (value - x) ** 2, 0);
}
