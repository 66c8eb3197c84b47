/** What TCP and HTTP probes say of servers on loopback: samples, series and notes of one segment. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import type {
  MakeProbe,
  ProbeRequest,
  Sample,
  SampleSink,
  SeriesRecord,
} from '../../../src/gradient/probe/probe.js';

export interface Said {
  readonly samples: readonly Sample[];
  readonly series: readonly SeriesRecord[];
  readonly notes: readonly string[];
}

export const COUNT = 3;

/** One segment of `count` samples, of a new probe; by default nobody ends it early. */
export async function segmentOf(
  make: MakeProbe,
  request: ProbeRequest,
  { count = COUNT, signal = new AbortController().signal } = {},
): Promise<Said> {
  const probe = make(request);
  const said = { samples: [] as Sample[], series: [] as SeriesRecord[], notes: new Set<string>() };
  const sink: SampleSink = {
    add: (sample) => void said.samples.push(sample),
    series: (series) => void said.series.push(series),
    begunLate: () => {},
    metric: () => {},
    note: (line) => void said.notes.add(line),
  };
  await probe.prepare();
  const segment = { count, durationMs: null, step: 0, label: 'baseline', round: 0 };
  await probe.run(segment, sink, signal);
  await probe.close();
  const samples = said.samples.sort((a, b) => a.index - b.index);
  // Nothing is measured that is not announced.
  const names = probe.metrics.map(({ name }) => name);
  for (const name of samples.flatMap(({ values }) => Object.keys(values))) {
    if (!names.includes(name)) throw new Error(`${name} is none of ${names.join(', ')}`);
  }
  return { ...said, samples, notes: [...said.notes] };
}

/** How the samples ended, each reason once. */
export function failuresOf({ samples }: Said): (string | null)[] {
  return [...new Set(samples.map(({ failure }) => failure))];
}

export function urlEnd(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const DEAF = `
const { createServer } = require('node:net');
const { parentPort } = require('node:worker_threads');
const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  // The message is on its way; from here on nobody accepts what comes.
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
`;

/** A port whose backlog takes a few connections, and then answers nothing: a hole for all that follow. */
export async function deafPort(): Promise<number> {
  const worker = new Worker(DEAF, { eval: true });
  onTestFinished(() => void worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  return port;
}
