/**
 * The statistics at the end of dnsperf's output (2.10, and those of other versions that have the same lines).
 * Lost are queries without an answer within its timeout (-t); they have no part in its latencies.
 */
import type { FoundNumber } from './found.js';
import type { MetricKind, MetricSpec } from './probe.js';

/** Longer than all that it prints there; what is before may be megabytes (-v). */
const STATISTICS_LENGTH_MAX = 8192;

/** Empty: dnsperf did not print this. */
export function readDnsperf(text: string): FoundNumber[] {
  const at = text.lastIndexOf('\n  Queries sent:');
  if (at < 0) return [];
  const statistics = text.slice(at, at + STATISTICS_LENGTH_MAX);
  const numberAt = (pattern: RegExp) => Number(pattern.exec(statistics)?.[1] ?? Number.NaN);
  const sent = numberAt(/^ {2}Queries sent: +(\d+)/m);
  const completed = numberAt(/^ {2}Queries completed: +(\d+)/m);
  const lost = numberAt(/^ {2}Queries lost: +(\d+)/m);
  const perSecond = numberAt(/^ {2}Queries per second: +([\d.]+)/m);
  const numbers = [
    number('queriesSent', 'count', null, 'queries sent', sent),
    number('completed', 'count', null, 'queries that were answered, in whatever way', completed),
    number('lostShare', 'number', 'lower', 'lost ÷ sent queries, from 0 to 1', lost / sent),
    number('qps', 'number', 'higher', 'answers per second', perSecond),
    ...rcodes(statistics),
    // Without answers there are zeros, which would be the best of all latencies.
    ...(completed > 0 ? latencies(statistics) : []),
  ];
  return numbers.filter(({ value }) => Number.isFinite(value));
}

function latencies(statistics: string): FoundNumber[] {
  const line = /^ {2}Average Latency \(s\): +([\d.]+) \(min ([\d.]+), max ([\d.]+)\)/m;
  const [, mean, min, max] = line.exec(statistics) ?? [];
  const sd = /^ {2}Latency StdDev \(s\): +([\d.]+)/m.exec(statistics)?.[1];
  const latency = (name: string, which: string, text: string | undefined) => {
    const says = `${which} latency of the answers`;
    return number(name, 'time', 'lower', says, Number(text ?? Number.NaN) * 1e3);
  };
  return [
    latency('latency', 'mean', mean),
    latency('latencyMin', 'least', min),
    latency('latencyMax', 'greatest', max),
    latency('latencySd', 'standard deviation of the', sd),
  ];
}

/** `NOERROR 50 (94.34%), NXDOMAIN 3 (5.66%)`; of the usual ones also that there are none. */
function rcodes(statistics: string): FoundNumber[] {
  const line = /^ {2}Response codes: +(.*)/m.exec(statistics)?.[1];
  if (line === undefined) return [];
  const counts = new Map([
    ['NOERROR', 0],
    ['SERVFAIL', 0],
    ['NXDOMAIN', 0],
  ]);
  for (const [, name, count] of line.matchAll(/\b([A-Z]+\d*) (\d+) \(/g))
    counts.set(name, Number(count));
  return [...counts].map(([name, count]) => {
    const better = name === 'SERVFAIL' || name === 'REFUSED' ? 'lower' : null;
    return number(`rcode.${name}`, 'count', better, `answers with ${name}`, count);
  });
}

function number(
  name: string,
  kind: MetricKind,
  better: MetricSpec['better'],
  says: string,
  value: number,
): FoundNumber {
  return { spec: { name, kind, better, says: `dnsperf: ${says}` }, value };
}
