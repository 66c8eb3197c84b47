/** Probes that begin their samples by the clock: what is common to DNS, TCP and HTTP. */
import { expect, test } from 'vitest';
import { pacedProbe } from '../../../src/gradient/probe/paced-probe.js';
import { PAIRED_SAMPLES_MAX } from '../../../src/gradient/probe/pairing.js';
import type { ProbeRequest } from '../../../src/gradient/probe/probe.js';
import { collect } from './dns-lab.js';

const REQUEST: ProbeRequest = { kind: 'tcp', text: 'tcp://127.0.0.1:9', settings: {}, argv: [] };

async function notesOf(count: number): Promise<readonly string[]> {
  let closed = 0;
  const probe = pacedProbe(REQUEST, {
    ...{ metrics: [], host: '127.0.0.1', port: 9, ratePerSecond: 1e9 },
    begin: () => (_index, _atMs, onClosed) => {
      queueMicrotask(() => {
        closed++;
        onClosed();
      });
      return { cut() {} };
    },
  });
  await probe.prepare();
  const { sink, notes } = collect();
  const segment = { count, durationMs: null, step: 0, label: 'baseline', round: 0 };
  await probe.run(segment, sink, new AbortController().signal);
  expect(closed).toBe(count);
  return notes;
}

test('a segment has so many samples that are pairs: of one more it is said', async () => {
  expect(await notesOf(PAIRED_SAMPLES_MAX)).toEqual([]);
  const [note, ...further] = await notesOf(PAIRED_SAMPLES_MAX + 2);
  expect([note, further]).toEqual([expect.stringContaining('source ports come again'), []]);
});
