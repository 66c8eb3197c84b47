/**
 * What `iperf3 -J` (3.12) printed: the sums at its end. `sum_received` is what arrived, `sum_sent` what was
 * sent, whoever sends; with --bidir both are there once more for the way back. It ends with exit code 0 when
 * it failed, so its `error` is what tells.
 */
import type { Found, FoundNumber } from './found.js';
import { isObject } from './found-json.js';
import type { MetricSpec } from './probe.js';

type JsonObject = Readonly<Record<string, unknown>>;

const REASON_LENGTH_MAX = 60;

/** Null: iperf3 printed something else, or somebody else did. */
export function readIperf3(document: unknown): Found | null {
  if (!isObject(document)) return null;
  const { start, intervals, end, error } = document;
  if (!isObject(start) || !Array.isArray(intervals) || !isObject(end)) return null;
  // What was measured until then is of an unknown part of the test.
  if (typeof error === 'string') return { numbers: [], failure: failureOf(error), notes: [] };
  const numbers = [...sumsOf(end, '', ''), ...sumsOf(end, '_bidir_reverse', 'Reverse')];
  const rttUs = meanRttUs(end.streams);
  if (rttUs !== null) numbers.push({ spec: RTT, value: rttUs / 1e3 });
  numbers.push(...datagramsOf(end));
  return { numbers, failure: null, notes: [] };
}

/** The last part is the reason: "unable to connect to server: Connection refused". */
function failureOf(error: string): string {
  const line = error.trim().split('\n', 1)[0].slice(0, 500);
  const reason = line.slice(line.lastIndexOf(': ') + 1).trim();
  return `iperf3: ${reason.slice(0, REASON_LENGTH_MAX) || 'error'}`;
}

function sumsOf(end: JsonObject, suffix: string, nameSuffix: string): FoundNumber[] {
  const received = objectOf(end[`sum_received${suffix}`]);
  const sent = objectOf(end[`sum_sent${suffix}`]);
  const way = nameSuffix === '' ? '' : ', on the way back of --bidir';
  const numbers: FoundNumber[] = [];
  const add = (spec: MetricSpec, value: unknown) => {
    if (!isNumber(value)) return;
    const { name, says } = spec;
    numbers.push({ spec: { ...spec, name: name + nameSuffix, says: says + way }, value });
  };
  add(GOODPUT, received.bits_per_second);
  add(SENT, sent.bits_per_second);
  add(RETRANSMITTED, sent.retransmits);
  return numbers;
}

/** Of UDP only: there is `sum`. */
function datagramsOf(end: JsonObject): FoundNumber[] {
  const { lost_percent, jitter_ms } = objectOf(end.sum);
  const numbers: FoundNumber[] = [];
  if (isNumber(lost_percent)) numbers.push({ spec: LOST_SHARE, value: lost_percent / 100 });
  if (isNumber(jitter_ms)) numbers.push({ spec: JITTER, value: jitter_ms });
  return numbers;
}

/** Only the sender knows it; with -R that is the other end, and zeros stand there. */
function meanRttUs(streams: unknown): number | null {
  if (!Array.isArray(streams)) return null;
  const all = streams
    .map((stream) => objectOf(objectOf(stream).sender).mean_rtt)
    .filter((rttUs): rttUs is number => isNumber(rttUs) && rttUs > 0);
  return all.length === 0 ? null : all.reduce((sum, rttUs) => sum + rttUs, 0) / all.length;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

const GOODPUT: MetricSpec = {
  name: 'goodput',
  kind: 'bitrate',
  better: 'higher',
  says: 'iperf3: what arrived, of all streams together',
};
/** Of TCP it is the goodput and what is still in buffers, of UDP what was asked for. */
const SENT: MetricSpec = {
  name: 'sentBitrate',
  kind: 'bitrate',
  better: null,
  says: 'iperf3: what was handed to the kernel, of all streams together',
};
const RETRANSMITTED: MetricSpec = {
  name: 'retransmitted',
  kind: 'count',
  better: 'lower',
  says: 'iperf3: segments sent again, of all streams together',
};
const RTT: MetricSpec = {
  name: 'rtt',
  kind: 'time',
  better: 'lower',
  says: "iperf3: the sender's smoothed round trip time, mean over time and streams",
};
const LOST_SHARE: MetricSpec = {
  name: 'lostShare',
  kind: 'number',
  better: 'lower',
  says: 'iperf3: lost datagrams ÷ sent datagrams, from 0 to 1',
};
const JITTER: MetricSpec = {
  name: 'jitterMs',
  kind: 'time',
  better: 'lower',
  says: 'iperf3: jitter of the datagrams (RFC 3550)',
};
