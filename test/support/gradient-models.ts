/**
 * Small models of services that meet a bad network, for results that tests of reports are fed with: a
 * resolver, QUIC handshakes, TCP transfers, a command.
 */
import { FAILED, type MetricSpec, type SeriesRecord } from '../../src/gradient/probe/probe.js';
import type { GradientResult } from '../../src/gradient/result.js';

/** Uniform in [0, 1). */
type Draw = () => number;

/** One try of the service. `share` is what is lost each way, or what else is stepped. */
interface ModelSample {
  readonly tookMs: number;
  readonly failure: string | null;
  readonly values: Readonly<Record<string, number>>;
}

export interface Model {
  readonly probe: GradientResult['probe'];
  readonly ladder: string;
  readonly steppedKey: string;
  readonly steps: readonly { readonly label: string; readonly value: number }[];
  readonly rounds: number;
  readonly samples: number;
  sample(draw: Draw, value: number): ModelSample;
  /** Expected mean or share of the named metric; null: no theory. */
  expect?(metric: string, value: number): { value: number; sd: number; model: string } | null;
  series?(draw: Draw, value: number, index: number): SeriesRecord;
}

const LADDER = [
  { label: 'baseline', value: 0 },
  { label: '0.1%', value: 0.001 },
  { label: '0.5%', value: 0.005 },
  { label: '1%', value: 0.01 },
  { label: '2.5%', value: 0.025 },
  { label: '5%', value: 0.05 },
] as const;

const LATE: MetricSpec = {
  name: 'late',
  kind: 'share',
  better: 'lower',
  says: 'answered by a later try than the first',
};

/** A resolver that asks twice, 100 ms apart. */
export const DNS_MODEL: Model = {
  probe: {
    kind: 'dns',
    text: 'dns://198.18.0.2/example.com?timeout=100ms&attempts=2',
    settings: { timeoutMs: 100, attempts: 2, type: 'A' },
    metrics: [
      { name: 'latency', kind: 'time', better: 'lower', says: 'to the answer', main: true },
      LATE,
      { name: 'tries', kind: 'count', better: 'lower', says: 'queries sent' },
      FAILED,
    ],
    program: null,
  },
  ladder: 'loss 0.1%,0.5%,1%,2.5%,5%',
  steppedKey: 'loss',
  steps: LADDER,
  rounds: 2,
  samples: 300,
  sample(draw, loss) {
    const isLost = [0, 1].map(() => [draw(), draw()].some((one) => one < loss));
    const tookMs = 20.2 + 2 * draw() ** 3;
    if (isLost[0] && isLost[1])
      return { tookMs: 200, failure: 'timeout', values: { late: 0, tries: 2 } };
    const late = isLost[0] ? 1 : 0;
    const latency = tookMs + 100 * late;
    return { tookMs: latency, failure: null, values: { latency, late, tries: 1 + late } };
  },
  expect(metric, loss) {
    const lost = 1 - (1 - loss) ** 2;
    const share = metric === 'late' ? lost * (1 - lost) : metric === 'failed' ? lost ** 2 : null;
    if (share === null) return null;
    const model = 'each of 2 tries is lost unless query and answer both pass';
    return { value: share, sd: Math.sqrt(share * (1 - share)), model };
  },
};

/** Handshakes that are sent again after 1 s, 2 s, 4 s, and given up after 10 s. */
export const QUIC_MODEL: Model = {
  probe: {
    kind: 'quic',
    text: 'quic://198.18.0.2:4433',
    settings: { timeoutMs: 10_000, bytes: 1_000_000 },
    metrics: [
      { name: 'handshake', kind: 'time', better: 'lower', says: 'to its completion', main: true },
      { name: 'goodput', kind: 'bitrate', better: 'higher', says: 'of the transfer' },
      { name: 'ptos', kind: 'count', better: 'lower', says: 'probe timeouts, from the qlog' },
      FAILED,
    ],
    program: 'gtlsclient ngtcp2/1.12.1',
  },
  ladder: 'loss 1%,5%,10%,30%',
  steppedKey: 'loss',
  steps: [0, 0.01, 0.05, 0.1, 0.3].map((value, at) => ({
    label: at === 0 ? 'baseline' : `${value * 100}%`,
    value,
  })),
  rounds: 1,
  samples: 80,
  sample(draw, loss) {
    let handshake = 23 + 4 * draw();
    let ptos = 0;
    while (draw() < 2 * loss) handshake += 1_000 * 2 ** ptos++;
    const goodput = 80e6 / (1 + 60 * Math.sqrt(loss)) / (0.9 + 0.2 * draw());
    if (handshake > 10_000) return { tookMs: 10_000, failure: 'timeout', values: { ptos } };
    if (draw() < loss / 8) return { tookMs: 50, failure: 'exit 1', values: { ptos, handshake } };
    return { tookMs: handshake, failure: null, values: { handshake, goodput, ptos } };
  },
};

/** Connects, and transfers with Reno's sawtooth. */
export const TCP_MODEL: Model = {
  ...QUIC_MODEL,
  probe: {
    kind: 'tcp',
    text: 'tcp://192.0.2.7:80?bytes=1mb',
    settings: { timeoutMs: 30_000, bytes: 1_000_000 },
    metrics: [
      {
        name: 'connect',
        kind: 'time',
        better: 'lower',
        says: 'to the handshake’s end',
        main: true,
      },
      { name: 'goodput', kind: 'bitrate', better: 'higher', says: 'of the transfer' },
      { name: 'retransmitted', kind: 'count', better: 'lower', says: 'segments sent again' },
      { name: 'received', kind: 'bytes', better: null, says: 'of the response' },
      FAILED,
    ],
    program: null,
  },
  ladder: 'loss 0.1%,0.5%,1%,2.5%,5%',
  steps: LADDER,
  samples: 60,
  sample(draw, loss) {
    const connect = 10.1 + draw() + (draw() < 2 * loss ? 1_000 : 0);
    const goodput =
      Math.min(95e6, (1.22 * 1448 * 8) / 0.0204 / Math.sqrt(loss + 1e-6)) * (0.8 + 0.4 * draw());
    const retransmitted = Math.round(700 * loss * (0.7 + 0.6 * draw()));
    const values = { connect, goodput, retransmitted, received: 1_000_000 };
    return { tookMs: connect + 8e9 / goodput, failure: null, values };
  },
  expect(metric, loss) {
    if (metric !== 'goodput' || loss === 0) return null;
    const value = (1.22 * 1448 * 8) / 0.0204 / Math.sqrt(loss);
    return { value, sd: value, model: 'Mathis et al.: 1.22 MSS / (RTT √p)' };
  },
  series(draw, loss, index) {
    const atMs: number[] = [];
    const cwndBytes: number[] = [];
    const rttMs: (number | null)[] = [];
    let cwnd = 14_480;
    for (let at = 0; at < 40; at++) {
      cwnd = draw() < 8 * loss ? Math.max(2_896, cwnd / 2) : cwnd + 1_448;
      atMs.push(at * 25 + draw());
      cwndBytes.push(Math.round(cwnd));
      rttMs.push(at % 9 === 8 ? null : 20.2 + 2 * draw());
    }
    return { index, atMs, columns: { cwndBytes, rttMs } };
  },
};

/** A command under more and more delay; what its metrics are was found in its output. */
export const COMMAND_MODEL: Model = {
  probe: {
    kind: 'command',
    text: 'dnsperf -s 198.18.0.2 -d names.txt -l 1',
    settings: { timeoutMs: 60_000 },
    metrics: [
      { name: 'duration', kind: 'time', better: 'lower', says: 'of the command', main: true },
      { name: 'queriesPerSecond', kind: 'number', better: 'higher', says: 'dnsperf’s own' },
      { name: 'latencyMean', kind: 'time', better: 'lower', says: 'dnsperf’s own average' },
      { name: 'completed', kind: 'share', better: 'higher', says: 'all queries were answered' },
      { name: 'score', kind: 'number', better: null, says: 'found in the output' },
      FAILED,
    ],
    program: null,
  },
  ladder: 'delay 20ms,50ms,100ms,1s',
  steppedKey: 'delay',
  steps: [0, 20, 50, 100, 1_000].map((ms, at) => ({
    label: at === 0 ? 'baseline' : ms === 1_000 ? '1s' : `${ms}ms`,
    value: ms * 1e6,
  })),
  rounds: 3,
  samples: 8,
  sample(draw, delayNs) {
    const delayMs = delayNs / 1e6;
    const tookMs = 1_004 + 2 * delayMs + 3 * draw();
    const failure = delayMs >= 1_000 && draw() < 0.4 ? 'exit 3' : null;
    const values = {
      duration: tookMs,
      queriesPerSecond: 100_000 / (1 + delayMs) + 50 * draw(),
      latencyMean: 0.21 + 2 * delayMs + 0.05 * draw(),
      completed: failure === null ? 1 : 0,
      score: -3.5 + draw(),
    };
    return { tookMs, failure, values };
  },
};
