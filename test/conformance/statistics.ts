/**
 * What a log says: shares, bursts, delays, order, rate. The same for netem's logs and the engine's, so that
 * a difference is never one of arithmetic. Packets that came twice count with their first arrival, but for
 * the share of duplicates.
 */
import { Flipped, type Log } from './measurement.js';

export interface Link {
  /** On top of the IP length; may be negative. */
  readonly overheadBytes: number;
  /** 0 is no cells. */
  readonly cellBytes: number;
  readonly cellOverheadBytes: number;
}

export interface Statistics {
  readonly sent: number;
  readonly lost: number;
  /** `bursts[n]`: runs of exactly n lost packets. */
  readonly bursts: readonly number[];
  readonly meanBurst: number;
  /** Autocorrelation of the losses at lag 1. */
  readonly lossLag1: number;
  readonly duplicates: number;
  /** Arrivals with a flipped bit anywhere, and with one in the payload. */
  readonly corrupted: number;
  readonly corruptedPayload: number;
  readonly arrivals: number;
  readonly delayMeanMs: number;
  readonly delaySdMs: number;
  /** By QUANTILES. */
  readonly delayQuantilesMs: readonly number[];
  /** Autocorrelation of the delays of neighbours at lag 1. */
  readonly delayLag1: number;
  /** RFC 4737, section 4.1: arrivals after one with a higher number. */
  readonly reordered: number;
  /** Arrivals less than AT_ONCE_MS after they were sent. */
  readonly atOnce: number;
  /** Of packets that arrived together: ms from the first of one bunch to the first of the next, and sizes. */
  readonly bunchEveryMs: { readonly mean: number; readonly p5: number; readonly p95: number };
  readonly bunchMean: number;
  readonly bunchMax: number;
  /** Of the link, by packets that found it busy; null where the case has none. */
  readonly bitsPerSecond: number | null;
}

export const QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;
/** Half of the delay of the cases that reorder. */
const AT_ONCE_MS = 5;

/** Arrivals less than this apart are of one bunch. */
const BUNCH_GAP_NS = 1e6;

/** What became of each packet sent, by number. */
export interface Fates {
  /** 1: it never came. */
  readonly lost: Uint8Array;
  /** 1: it came more than once. */
  readonly duplicated: Uint8Array;
  /** 1: it came with a flipped bit. */
  readonly corrupted: Uint8Array;
  /** 1: it came after one with a higher number. */
  readonly reordered: Uint8Array;
  /** 1: it came less than AT_ONCE_MS after it was sent. */
  readonly atOnce: Uint8Array;
  /** NaN: it never came. */
  readonly delayMs: Float64Array;
}

export function fatesOf(log: Log): Fates {
  const count = log.sentNs.length;
  const fates: Fates = {
    lost: new Uint8Array(count).fill(1),
    duplicated: new Uint8Array(count),
    corrupted: new Uint8Array(count),
    reordered: new Uint8Array(count),
    atOnce: new Uint8Array(count),
    delayMs: new Float64Array(count).fill(Number.NaN),
  };
  let nextExpected = 0;
  for (let i = 0; i < log.arrivalNs.length; i++) {
    const number = log.arrivalNumber[i];
    if (log.arrivalFlips[i] !== 0) fates.corrupted[number] = 1;
    if (fates.lost[number] === 0) {
      fates.duplicated[number] = 1;
      continue;
    }
    fates.lost[number] = 0;
    const delayMs = (log.arrivalNs[i] - log.sentNs[number]) / 1e6;
    fates.delayMs[number] = delayMs;
    if (delayMs < AT_ONCE_MS) fates.atOnce[number] = 1;
    if (number < nextExpected) fates.reordered[number] = 1;
    else nextExpected = number + 1;
  }
  return fates;
}

export function statisticsOf(log: Log, fates: Fates, link: Link | null): Statistics {
  const bursts = burstsOf(fates.lost);
  const lost = sum(fates.lost);
  const delays = sortedDelays(fates);
  const [mean, sd] = meanAndSd(delays);
  const bunches = bunchesOf(log);
  const everyMs = bunches.everyMs.slice().sort();
  const flipped = (bits: number) => log.arrivalFlips.reduce((n, f) => n + (f & bits ? 1 : 0), 0);
  return {
    sent: log.sentNs.length,
    lost,
    bursts,
    meanBurst: lost / Math.max(1, sum(bursts)),
    lossLag1: lag1(Float64Array.from(fates.lost)),
    duplicates: log.arrivalNs.length - delays.length,
    corrupted: flipped(Flipped.header | Flipped.payload),
    corruptedPayload: flipped(Flipped.payload),
    arrivals: log.arrivalNs.length,
    delayMeanMs: mean,
    delaySdMs: sd,
    delayQuantilesMs: QUANTILES.map((q) => quantile(delays, q)),
    delayLag1: lag1(fates.delayMs),
    reordered: sum(fates.reordered),
    atOnce: sum(fates.atOnce),
    bunchEveryMs: {
      mean: meanAndSd(everyMs)[0],
      p5: quantile(everyMs, 0.05),
      p95: quantile(everyMs, 0.95),
    },
    bunchMean: meanAndSd(bunches.sizes)[0],
    bunchMax: bunches.sizes.reduce((most, size) => Math.max(most, size), 0),
    bitsPerSecond: link === null ? null : rateOf(log, fates, link),
  };
}

/** Delays of what came, ascending. */
export function sortedDelays({ delayMs }: Pick<Fates, 'delayMs'>): Float64Array {
  return delayMs.filter((delay) => !Number.isNaN(delay)).sort();
}

/** By the order of arrival: sizes, and times from one first packet to the next. */
export function bunchesOf({ arrivalNs }: Log): { everyMs: Float64Array; sizes: number[] } {
  const firstsNs: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < arrivalNs.length; i++) {
    if (i === 0 || arrivalNs[i] - arrivalNs[i - 1] > BUNCH_GAP_NS) {
      firstsNs.push(arrivalNs[i]);
      sizes.push(0);
    }
    sizes[sizes.length - 1]++;
  }
  const everyMs = Float64Array.from(firstsNs.slice(1), (at, i) => (at - firstsNs[i]) / 1e6);
  return { everyMs, sizes };
}

/** Counts the runs of ones by their length. */
export function burstsOf(bits: Uint8Array): number[] {
  const bursts: number[] = [0];
  let run = 0;
  for (let i = 0; i <= bits.length; i++) {
    if (bits[i] === 1) {
      run++;
    } else if (run > 0) {
      while (bursts.length <= run) bursts.push(0);
      bursts[run]++;
      run = 0;
    }
  }
  return bursts;
}

/** The value that the share `q` of the sorted values does not exceed, between neighbours by weight. */
export function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

export function meanAndSd(values: ArrayLike<number>): [number, number] {
  const count = values.length;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const step = values[i] - mean;
    mean += step / (i + 1);
    squares += step * (values[i] - mean);
  }
  return [mean, Math.sqrt(squares / Math.max(1, count - 1))];
}

/** Correlation of each value with the next, where both are numbers; 0 when nothing varies. */
export function lag1(values: Float64Array): number {
  const [mean, sd] = meanAndSd(values.filter((value) => !Number.isNaN(value)));
  let product = 0;
  let pairs = 0;
  for (let i = 1; i < values.length; i++) {
    const pair = (values[i - 1] - mean) * (values[i] - mean);
    if (Number.isNaN(pair)) continue;
    product += pair;
    pairs++;
  }
  return sd === 0 || pairs === 0 ? 0 : product / pairs / sd ** 2;
}

/** Bits over time of those packets that had been sent before their predecessor left. */
function rateOf(log: Log, { delayMs }: Fates, link: Link): number {
  let bits = 0;
  let busyMs = 0;
  for (let i = 1; i < delayMs.length; i++) {
    const [before, sent] = [log.sentNs[i - 1] / 1e6 + delayMs[i - 1], log.sentNs[i] / 1e6];
    if (!(before > sent) || Number.isNaN(delayMs[i])) continue;
    bits += 8 * wireBytes(log.sentBytes[i], link);
    busyMs += sent + delayMs[i] - before;
  }
  return (bits / busyMs) * 1000;
}

export function wireBytes(ipBytes: number, link: Link): number {
  const bytes = ipBytes + link.overheadBytes;
  if (link.cellBytes === 0) return bytes;
  return Math.ceil(bytes / link.cellBytes) * (link.cellBytes + link.cellOverheadBytes);
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
