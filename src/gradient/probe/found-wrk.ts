/**
 * What wrk (4.1) prints, with or without --latency. Its latencies leave out requests without an answer within
 * its --timeout; socket errors are named only when there are some.
 */
import type { FoundNumber } from './found.js';
import type { MetricKind, MetricSpec } from './probe.js';

/** From "Running" to "Transfer/sec", with all quantiles of wrk's relatives. */
const REPORT_LENGTH_MAX = 32_768;
const MS_PER: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3600e3 };
/** Its bytes come in powers of 1024, whatever their names say. */
const BYTES_PER: Readonly<Record<string, number>> = {
  ...{ B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 },
};

/** Empty: wrk did not print this. */
export function readWrk(text: string): FoundNumber[] {
  const at = text.lastIndexOf('\nRequests/sec:');
  if (at < 0) return [];
  const before = text.slice(Math.max(0, at - REPORT_LENGTH_MAX), at);
  const report =
    before.slice(Math.max(0, before.lastIndexOf('Running '))) + text.slice(at, at + 256);
  const find = (pattern: RegExp) => pattern.exec(report) ?? [];
  if (!/^ {2}Thread Stats/m.test(report)) return [];
  const [, requests] = find(/^ {2}(\d+) requests in /m);
  const [, perSecond] = find(/^Requests\/sec: +([\d.]+)/m);
  const [, bytes, unit = ''] = find(/^Transfer\/sec: +([\d.]+)([A-Z]+)/m);
  const [, non2xx = '0'] = find(/^ {2}Non-2xx or 3xx responses: (\d+)/m);
  const bitRate = Number(bytes) * (BYTES_PER[unit] ?? Number.NaN) * 8;
  const numbers = [
    number('requestsPerSecond', 'number', 'higher', 'answers per second', perSecond),
    number('transfer', 'bitrate', 'higher', 'what was read, with headers', bitRate),
    number('requests', 'count', null, 'requests that were answered', requests),
    number('non2xx', 'count', 'lower', 'answers that were neither 2xx nor 3xx', non2xx),
    ...socketErrors(report),
    ...latencies(report),
  ];
  return numbers.filter(({ value }) => Number.isFinite(value));
}

function socketErrors(report: string): FoundNumber[] {
  const line = /^ {2}Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/m;
  const [, ...counts] = line.exec(report) ?? [];
  const [connect = 0, read = 0, write = 0, timeout = 0] = counts.map(Number);
  const errors = (name: string, what: string, count: number) =>
    number(name, 'count', 'lower', what, count);
  return [
    errors('socketErrors', 'errors of connecting, reading and writing', connect + read + write),
    errors('timeouts', 'requests without an answer within its timeout', timeout),
  ];
}

/** Zeros where nothing was answered in time. */
function latencies(report: string): FoundNumber[] {
  const row = /^ {4}Latency +([\d.]+[a-z]+) +([\d.]+[a-z]+) +([\d.]+[a-z]+)/m.exec(report);
  if (row === null || !(milliseconds(row[3]) > 0)) return [];
  const latency = (name: string, which: string, text: string) => {
    const says = `${which} of the latencies of what was answered in time`;
    return number(name, 'time', 'lower', says, milliseconds(text));
  };
  const quantiles = [...report.matchAll(/^ +(50|75|90|99)(?:\.0+)?% +([\d.]+[a-z]+)$/gm)];
  return [
    latency('latency', 'mean', row[1]),
    latency('latencySd', 'standard deviation', row[2]),
    latency('latencyMax', 'greatest', row[3]),
    ...quantiles.map(([, percent, text]) =>
      latency(`latencyP${percent}`, `${percent} % quantile`, text),
    ),
  ];
}

function milliseconds(text: string): number {
  const [, value, unit = ''] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
  return Number(value) * (MS_PER[unit] ?? Number.NaN);
}

function number(
  name: string,
  kind: MetricKind,
  better: MetricSpec['better'],
  says: string,
  value: string | number | undefined,
): FoundNumber {
  return { spec: { name, kind, better, says: `wrk: ${says}` }, value: Number(value) };
}
