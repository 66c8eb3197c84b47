/** Numbers that programs print as JSON, and what their names say. */
import { describe, expect, test } from 'vitest';
import { readOutput } from '../../../src/gradient/probe/found.js';

function valuesOf(text: string): Record<string, number> {
  return Object.fromEntries(readOutput(text).numbers.map(({ spec, value }) => [spec.name, value]));
}

function specOf(key: string) {
  const [number] = readOutput(JSON.stringify({ [key]: 8 })).numbers;
  return number && { ...number.spec, value: number.value };
}

describe('JSON', () => {
  test('of one line is found among other lines', () => {
    const text = 'start\n{"qps": 12.5, "ok": true, "who": "me"}\r\n{broken\n  {"n": -3}\nend';
    expect(valuesOf(text)).toEqual({ qps: 12.5, n: -3 });
  });

  test('of several lines counts by the last value of each name', () => {
    expect(valuesOf('{"a":1,"b":2}\n{"a":3}\n{"a":null}\n')).toEqual({ a: 3, b: 2 });
  });

  test('may be the whole output', () => {
    const document = { latency: { p50: 1, 'p99.9': 3 }, list: [1, 2], none: null };
    const values = { 'latency.p50': 1, 'latency.p99.9': 3 };
    expect(valuesOf(JSON.stringify(document, null, 2))).toEqual(values);
    expect(valuesOf(`[{"a":1},\n7,{"a":2,"b":3}]`)).toEqual({ a: 2, b: 3 });
  });

  test('has keys in lower camel case, joined by dots', () => {
    const text = '{"Total":{"bytes_read":1,"http-req":2,"NOERROR":3,"a b/c":4}}';
    const names = ['total.bytesRead', 'total.httpReq', 'total.NOERROR', 'total.aBC'];
    expect(Object.keys(valuesOf(text))).toEqual(names);
  });

  test("leaves the probe's own names, and those of objects, to them", () => {
    const text = '{"duration":1,"failed":2,"__proto__":3,"constructor":4,"a":{"duration":5}}';
    expect(valuesOf(text)).toEqual({
      'printed.duration': 1,
      'printed.failed': 2,
      proto: 3,
      'printed.constructor': 4,
      'a.duration': 5,
    });
  });

  test('without a usable name is noted, not shown', () => {
    const long = 'x'.repeat(65);
    const { numbers, notes } = readOutput(JSON.stringify({ Größe: 1, [long]: 2, '': 3, fine: 4 }));
    expect(numbers.map(({ spec }) => spec.name)).toEqual(['fine']);
    expect(notes).toEqual(['numbers without a name that netemu can use are left out']);
    const many = { a: { [long.slice(1)]: 1 } };
    expect(readOutput(JSON.stringify(many)).notes).toHaveLength(1);
  });

  test('has at most 64 numbers', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`n${n}`, n]));
    const { numbers, notes } = readOutput(`${JSON.stringify(many)}\n{"n0":100}\n`);
    expect(numbers).toHaveLength(64);
    expect(numbers[0]).toMatchObject({ spec: { name: 'n0' }, value: 100 });
    expect(notes).toEqual(['it printed more than 64 different numbers: others are left out']);
    delete many.n64;
    expect(readOutput(JSON.stringify(many)).notes).toEqual([]);
  });

  test('is read 8 levels deep, and no infinite number is', () => {
    expect(Object.keys(valuesOf('{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}'))).toHaveLength(
      1,
    );
    expect(valuesOf('{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}')).toEqual({});
    expect(valuesOf('{"a":1e999,"b_s":1e307}')).toEqual({});
  });
});

test.each([
  // Times, in ms.
  ['latencyMs', 'time', 8, 'lower'],
  ['latency_us', 'time', 0.008, 'lower'],
  ['elapsedNs', 'time', 8e-6, 'lower'],
  ['wait_s', 'time', 8000, 'lower'],
  ['uptimeSeconds', 'time', 8000, null],
  ['handshake_sec', 'time', 8000, 'lower'],
  ['p99LatencyMs', 'time', 8, 'lower'],
  ['latency_ms_p99', 'time', 8, 'lower'],
  ['rttMsMax', 'time', 8, 'lower'],
  // These are none: nobody knows in what.
  ['time_total', 'number', 8, 'lower'],
  ['time', 'number', 8, null],
  ['us', 'number', 8, null],
  ['status', 'number', 8, null],
  ['requests_per_s', 'number', 8, 'higher'],
  // Rates.
  ['bits_per_second', 'bitrate', 8, 'higher'],
  ['goodputBps', 'bitrate', 8, 'higher'],
  ['downMbps', 'bitrate', 8e6, 'higher'],
  ['downMBps', 'number', 8, 'higher'],
  ['bytes_per_second', 'number', 8, 'higher'],
  ['requestsPerSecond', 'number', 8, 'higher'],
  ['throughput', 'number', 8, 'higher'],
  // Others, where bad is worse than much.
  ['bytesRead', 'number', 8, null],
  ['readBytes', 'bytes', 8, null],
  ['requests', 'count', 8, null],
  ['retransmissions', 'count', 8, 'lower'],
  ['errorRate', 'number', 8, 'lower'],
  ['lostPerSecond', 'number', 8, 'lower'],
  ['timeouts', 'count', 8, 'lower'],
  ['size', 'number', 8, null],
])('%s is of kind %s', (key, kind, value, better) => {
  const found = specOf(key)!;
  expect({ ...found, value: Number(found.value.toPrecision(12)) }).toMatchObject({
    kind,
    value,
    better,
  });
});

test('a unit above the statistics counts for them', () => {
  const { numbers } = readOutput('{"latencyUs":{"p50":1500,"max":9000,"count":7}}');
  expect(numbers.map(({ spec, value }) => [spec.name, spec.kind, value])).toEqual([
    ['latencyUs.p50', 'time', 1.5],
    ['latencyUs.max', 'time', 9],
    ['latencyUs.count', 'count', 7],
  ]);
  expect(numbers[0]!.spec.says).toContain('printed in µs');
});
