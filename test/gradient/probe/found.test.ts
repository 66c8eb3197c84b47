/** Numbers in real outputs of real programs, and in broken ones. */
import { readdirSync, readFileSync } from 'node:fs';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { type Found, readOutput } from '../../../src/gradient/probe/found.js';

const FOLDER = new URL('./outputs/', import.meta.url);
const output = (name: string) => readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8');

function valuesOf({ numbers }: Found): Record<string, number> {
  return Object.fromEntries(numbers.map(({ spec, value }) => [spec.name, value]));
}

function specOf({ numbers }: Found, name: string) {
  return numbers.find(({ spec }) => spec.name === name)?.spec;
}

describe('iperf3', () => {
  test('tells of TCP the goodput, what was sent again and the round trip time', () => {
    const found = readOutput(output('iperf3-tcp'));
    expect(valuesOf(found)).toEqual({
      goodput: 20347830036.843807,
      sentBitrate: 20359345238.940353,
      retransmitted: 9,
      rtt: 0.111,
    });
    expect(found.failure).toBeNull();
    expect(specOf(found, 'goodput')).toMatchObject({ kind: 'bitrate', better: 'higher' });
    expect(specOf(found, 'rtt')).toMatchObject({ kind: 'time', better: 'lower' });
  });

  test('of several streams gives sums, and the mean of their round trip times', () => {
    const values = valuesOf(readOutput(output('iperf3-tcp-2')));
    expect(values).toMatchObject({ retransmitted: 2, rtt: 0.0355, goodput: 23482925048.99232 });
  });

  test('knows no round trip time where the other end sends (-R)', () => {
    const values = valuesOf(readOutput(output('iperf3-tcp-r')));
    expect(Object.keys(values).sort()).toEqual(['goodput', 'retransmitted', 'sentBitrate']);
    expect(values.goodput).toBe(20005140491.504272);
  });

  test('tells both ways apart (--bidir)', () => {
    const found = readOutput(output('iperf3-bidir'));
    expect(valuesOf(found)).toEqual({
      goodput: 6154037851.22463,
      sentBitrate: 6196755731.946206,
      retransmitted: 5,
      goodputReverse: 9402995007.893587,
      sentBitrateReverse: 9405228242.903126,
      retransmittedReverse: 6,
      rtt: 0.561,
    });
    expect(specOf(found, 'goodputReverse')?.says).toContain('way back');
  });

  test('tells of UDP what was lost (59 of 625), and the goodput without it', () => {
    expect(valuesOf(readOutput(output('iperf3-udp-lost')))).toEqual({
      goodput: 4527180.580314963,
      sentBitrate: 4999355.083194268,
      lostShare: 0.0944,
      jitterMs: 0.00812377805917986,
    });
  });

  test('fails with its own reason, although it ends with exit code 0', () => {
    const failed = { numbers: [], failure: 'iperf3: Connection refused', notes: [] };
    expect(readOutput(output('iperf3-refused'))).toEqual(failed);
    const error = 'interrupt - the client has terminated';
    const text = JSON.stringify({ ...JSON.parse(output('iperf3-tcp')), error });
    expect(readOutput(text)).toEqual({ ...failed, failure: `iperf3: ${error}` });
  });
});

describe('dnsperf', () => {
  test('tells its whole summary', () => {
    const found = readOutput(output('dnsperf-lost'));
    expect(valuesOf(found)).toEqual({
      queriesSent: 200,
      completed: 150,
      lostShare: 0.25,
      qps: 149.947219,
      'rcode.NOERROR': 50,
      'rcode.SERVFAIL': 50,
      'rcode.NXDOMAIN': 50,
      latency: expect.closeTo(0.326, 9),
      latencyMin: expect.closeTo(0.219, 9),
      latencyMax: expect.closeTo(0.429, 9),
      latencySd: expect.closeTo(0.039, 9),
    });
    expect(specOf(found, 'lostShare')).toMatchObject({ kind: 'number', better: 'lower' });
    expect(specOf(found, 'latency')).toMatchObject({ kind: 'time', better: 'lower' });
    expect(specOf(found, 'qps')).toMatchObject({ better: 'higher' });
  });

  test('names usual codes that did not come', () => {
    const values = valuesOf(readOutput(output('dnsperf-ok')));
    expect(values).toMatchObject({ 'rcode.NOERROR': 500, 'rcode.SERVFAIL': 0, lostShare: 0 });
  });

  test('has no latency where nothing was answered, not one of 0', () => {
    const values = valuesOf(readOutput(output('dnsperf-all-lost')));
    expect(values).toMatchObject({ lostShare: 1, completed: 0, qps: 0 });
    expect(Object.keys(values).filter((name) => name.startsWith('latency'))).toEqual([]);
  });

  test('is read behind all queries, one a line (-v)', () => {
    const text = output('dnsperf-v').replace('> T drop', '> T drop.example.test A\n'.repeat(2e4));
    expect(valuesOf(readOutput(text))).toMatchObject({ queriesSent: 20, lostShare: 0.25 });
  });
});

describe('wrk', () => {
  test('tells mean latency and rates', () => {
    expect(valuesOf(readOutput(output('wrk-ok')))).toEqual({
      requestsPerSecond: 27519.66,
      transfer: 16.38 * 2 ** 20 * 8,
      requests: 27623,
      non2xx: 0,
      socketErrors: 0,
      timeouts: 0,
      latency: expect.closeTo(0.60988, 9),
      latencySd: 2.67,
      latencyMax: 29.92,
    });
  });

  test('tells quantiles with --latency, in ms whatever their units', () => {
    expect(valuesOf(readOutput(output('wrk-latency')))).toMatchObject({
      latencyP50: expect.closeTo(0.11, 9),
      latencyP75: expect.closeTo(0.182, 9),
      latencyP90: expect.closeTo(0.546, 9),
      latencyP99: 3.01,
    });
    const text = output('wrk-latency').replace('3.01ms', '1.50s').replace('546.00us', '1.20m');
    const values = valuesOf(readOutput(text));
    expect(values).toMatchObject({ latencyP99: 1500, latencyP90: 72_000 });
  });

  test('counts what went wrong, and has no latency of nothing', () => {
    const died = valuesOf(readOutput(output('wrk-die')));
    expect(died).toMatchObject({ socketErrors: 7695, timeouts: 0, requestsPerSecond: 0 });
    const slow = valuesOf(readOutput(output('wrk-slow')));
    expect(slow).toMatchObject({ socketErrors: 0, timeouts: 4, requests: 4 });
    expect(slow.transfer).toBeCloseTo(245.51 * 8, 6);
    expect(Object.keys({ ...died, ...slow }).filter((name) => /^latency/.test(name))).toEqual([]);
    expect(valuesOf(readOutput(output('wrk-500')))).toMatchObject({ non2xx: 37075 });
  });
});

test('programs one after the other are read together', () => {
  const text = `${output('wrk-ok')}${output('dnsperf-ok')}{"spareMs": 4}\n`;
  expect(valuesOf(readOutput(text))).toMatchObject({
    requests: 27623,
    qps: 499.880029,
    spareMs: 4,
  });
});

test.each(['', 'all fine\n', 'Queries sent: 3\n', 'Requests/sec: 4\n', '[]', '42', 'null'])(
  'there is nothing in %j',
  (text) => {
    expect(readOutput(text)).toEqual({ numbers: [], failure: null, notes: [] });
  },
);

describe('whatever comes', () => {
  const real = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'latin1'));
  real.push('{"a":{"b_ms":1.5},"n":2}\n{"a":{"b_ms":3}}\n', '[{"qps":3},{"qps":4}]');

  function isSound({ numbers, failure, notes }: Found): boolean {
    const names = numbers.map(({ spec }) => spec.name);
    const isShort = [...notes, failure ?? ''].every((line) => line.length <= 100);
    return (
      isShort &&
      new Set(names).size === names.length &&
      names.every((name) => /^[A-Za-z0-9._-]{1,64}$/.test(name)) &&
      numbers.every(({ value }) => Number.isFinite(value))
    );
  }

  test('broken outputs are read without an error', () => {
    const random = seedrandom('found');
    const below = (bound: number) => Math.floor(random() * bound);
    const extremes = [
      '9'.repeat(400),
      '-1',
      '1e999',
      '',
      '{',
      '"',
      '\n',
      '\0',
      'nan',
      ': ',
      '\u00ff',
    ];
    let different = 0;
    for (let count = 0; count < 4000; count++) {
      const original = real[below(real.length)]!;
      let text = original;
      for (let change = below(6); change >= 0; change--) {
        const [at, end] = [below(text.length), below(text.length)];
        const other = real[below(real.length)]!;
        text = [
          () => text.slice(0, at),
          () => text.slice(0, at) + extremes[below(extremes.length)] + text.slice(at + below(9)),
          () => text.replace(/\d+/g, (digits) => (below(9) === 0 ? extremes[below(11)]! : digits)),
          () => text.slice(0, at) + String.fromCharCode(below(0x300)) + text.slice(at + 1),
          () => text.slice(0, at) + other.slice(below(other.length)),
          () => text.slice(at, end) + text,
        ][below(6)]!();
      }
      const found = readOutput(text);
      if (!isSound(found)) expect.fail(`${JSON.stringify(found)} of ${JSON.stringify(text)}`);
      if (JSON.stringify(found) !== JSON.stringify(readOutput(original))) different++;
    }
    // The changes reach what is read.
    expect(different).toBeGreaterThan(1000);
  });

  // Quadratic work on a mebibyte would take minutes.
  test.each([
    ...['\n', ' ', '{', '{}\n', '{\n', '{"a":', '[', '\n  Queries sent:', '\nRequests/sec:'],
    ...[
      'Running ',
      '\n  Thread Stats',
      '\n     50% ',
      '\n  Response codes: A',
      '{"A":1}\n',
      'A 1 (',
    ],
  ])('a mebibyte of %j takes no time', (piece) => {
    const text = piece.repeat(2 ** 20 / piece.length);
    expect(isSound(readOutput(text))).toBe(true);
    expect(isSound(readOutput(`\n  Queries sent:${text}\n  Thread Stats\nRequests/sec:`))).toBe(
      true,
    );
  });
});
