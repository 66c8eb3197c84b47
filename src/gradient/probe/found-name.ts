/**
 * What a name says about its number: which unit it has, and which way is better. Programs name their
 * numbers as they like (`latency_ms`, `p99LatencyUs`, `requestsPerSecond`), so this goes by words, and says
 * `null` in doubt: a direction that is made up would turn into a false alarm.
 */
import { FAILED, type MetricKind, type MetricSpec } from './probe.js';

const NAME_LENGTH_MAX = 64;

/** As it is reported, and what the printed number is to be multiplied by. */
interface NamedMetric {
  readonly spec: MetricSpec;
  readonly factor: number;
}

/** The probe has metrics of these names, and objects have properties of the others. */
const TAKEN = new Set(['duration', FAILED.name, ...Object.getOwnPropertyNames(Object.prototype)]);

/** Of a number in a JSON object, by the keys that lead to it. Null: no usable name. */
export function jsonMetric(path: readonly string[]): NamedMetric | null {
  // Before anything else looks at them: keys are as long as somebody likes.
  if (path.some((key) => key.length > NAME_LENGTH_MAX)) return null;
  const plain = path.map(lowerCamelCase).join('.');
  const name = TAKEN.has(plain) ? `printed.${plain}` : plain;
  if (name.length > NAME_LENGTH_MAX || !/^[A-Za-z0-9._-]+$/.test(name)) return null;
  const words = path.flatMap(wordsOf);
  const { kind, factor, unit } = unitOf(words);
  const printed = unit === null ? '' : `, printed in ${unit}`;
  const says = `${name} as the command printed it in JSON${printed}`;
  return { spec: { name, kind, better: betterOf(words), says }, factor };
}

/** `bits_per_second` → `bitsPerSecond`, `Latency` → `latency`; `NOERROR` stays. */
function lowerCamelCase(key: string): string {
  const [first = '', ...others] = key
    .trim()
    .split(/[_\s:/-]+/)
    .filter((part) => part !== '');
  const rest = others.map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  return first.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase()) + rest.join('');
}

/** `p99LatencyUs` → p99, latency, us. */
function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9%]+/)
    .filter((word) => word !== '');
}

interface Unit {
  readonly kind: MetricKind;
  readonly factor: number;
  /** As it was printed, where it is reported in another one. */
  readonly unit: string | null;
}

const NUMBER: Unit = { kind: 'number', factor: 1, unit: null };
const MS: Unit = { kind: 'time', factor: 1, unit: null };
const US: Unit = { kind: 'time', factor: 1e-3, unit: 'µs' };
const NS: Unit = { kind: 'time', factor: 1e-6, unit: 'ns' };
const S: Unit = { kind: 'time', factor: 1e3, unit: 's' };

const TIMES: ReadonlyMap<string, Unit> = new Map([
  ...['ms', 'msec', 'msecs', 'millis', 'milliseconds'].map((word) => [word, MS] as const),
  ...['us', 'usec', 'usecs', 'micros', 'microseconds'].map((word) => [word, US] as const),
  ...['ns', 'nsec', 'nsecs', 'nanos', 'nanoseconds'].map((word) => [word, NS] as const),
  ...['s', 'sec', 'secs', 'second', 'seconds'].map((word) => [word, S] as const),
]);
const BIT_RATES: ReadonlyMap<string, Unit> = new Map([
  ['bps', { kind: 'bitrate', factor: 1, unit: null }],
  ['kbps', { kind: 'bitrate', factor: 1e3, unit: 'kbit/s' }],
  ['mbps', { kind: 'bitrate', factor: 1e6, unit: 'Mbit/s' }],
  ['gbps', { kind: 'bitrate', factor: 1e9, unit: 'Gbit/s' }],
]);
/** What stands behind the unit, or the thing, that a statistic is of. */
const STATISTIC = /^(?:min|max|mean|avg|average|median|stddev|stdev|sd|std|p?\d+(?:th)?)$/;
const COUNTED =
  /^(?:count|requests|queries|packets|retries|retransmi\w+|errors|timeouts|failures|connections)$/;

function unitOf(words: readonly string[]): Unit {
  const last = words.findLastIndex((word) => !STATISTIC.test(word));
  const word = words[last] ?? '';
  const before = words[last - 1];
  if (before === 'per') {
    return TIMES.get(word) === S && words[last - 2] === 'bits' ? BIT_RATES.get('bps')! : NUMBER;
  }
  // `s`, `us` and `ns` alone may be anything.
  if (TIMES.has(word) && (before !== undefined || word.length > 2)) return TIMES.get(word)!;
  // `MBps` comes apart as m, bps, and is in bytes.
  if (BIT_RATES.has(word)) return /^[kmg]$/.test(before ?? '') ? NUMBER : BIT_RATES.get(word)!;
  if (word === 'bytes') return { kind: 'bytes', factor: 1, unit: null };
  return COUNTED.test(word) ? { kind: 'count', factor: 1, unit: null } : NUMBER;
}

const LOWER = [
  'latency|latencies|durations?|elapsed|rtts?|delays?|jitter|ttfb|handshake|wait|waiting',
  'lost|loss|losses|errors?|fail\\w*|retr(?:y|ies)|retrans\\w*|timeouts?|drops?|dropped|stalls?',
];
const HIGHER = 'qps|rps|tps|rate|goodput|throughput|bandwidth|bitrate|speed|[kmg]?bps|success\\w*';
const IS_LOWER = new RegExp(`^(?:${LOWER.join('|')})$`);
const IS_HIGHER = new RegExp(`^(?:${HIGHER})$`);

/** What is bad is bad at any rate: `errorRate`, `lostPerSecond`. */
function betterOf(words: readonly string[]): MetricSpec['better'] {
  if (words.some((word) => IS_LOWER.test(word))) return 'lower';
  if (words.some((word) => IS_HIGHER.test(word))) return 'higher';
  const isPer = words.some((word, at) => word === 'per' && TIMES.has(words[at + 1] ?? ''));
  if (isPer) return 'higher';
  // `time` alone, as in lines of a log, is the time of day.
  return words.includes('time') && words.length > 1 ? 'lower' : null;
}
