/**
 * The numbers in what a command has printed, whoever printed them: iperf3, dnsperf, wrk, or anything that
 * prints JSON. Whatever the bytes are, this returns, soon: the time is at most proportional to their number.
 */
import { readDnsperf } from './found-dnsperf.js';
import { readIperf3 } from './found-iperf3.js';
import { jsonDocument, readJson } from './found-json.js';
import { readWrk } from './found-wrk.js';
import type { MetricSpec } from './probe.js';

export interface FoundNumber {
  readonly spec: MetricSpec;
  /** In the unit of the metric's kind; finite. */
  readonly value: number;
}

export interface Found {
  /** Of each name one. */
  readonly numbers: readonly FoundNumber[];
  /** The program says that it failed, whatever its exit code. */
  readonly failure: string | null;
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

const NOTHING: Found = { numbers: [], failure: null, notes: [] };

export function readOutput(text: string): Found {
  const document = jsonDocument(text);
  const iperf3 = readIperf3(document);
  if (iperf3 !== null) return iperf3;
  // Scripts run several programs, or add a line of JSON to what one has printed.
  const tools = [...readDnsperf(text), ...readWrk(text)];
  const json = readJson(text, document) ?? NOTHING;
  const numbers = new Map<string, FoundNumber>();
  for (const number of [...json.numbers, ...tools]) numbers.set(number.spec.name, number);
  return { ...json, numbers: [...numbers.values()] };
}
