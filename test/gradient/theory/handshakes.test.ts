import { describe, expect, test } from 'vitest';
import { handshakeRungs } from '../../../src/gradient/theory/handshake-ladder.js';
import { randomOf } from '../statistics/random.js';
import { expected, meanOf, probabilityOf, QUIC, TCP } from './context.js';

const DOUBLING = [0, 1, 3, 7, 15, 31, 63];
const LINEAR = [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67];

describe('the ladder', () => {
  test('its first rungs by hand, at 30 % each way', () => {
    const [first, second, third] = handshakeRungs(0.3, 0.3, DOUBLING, 10);
    expect(first).toEqual({ at: 0, probability: expect.closeTo(0.49, 12) });
    // The server has not heard of it (0.3), or its answer is lost (0.21): then both send again.
    expect(second!.probability).toBeCloseTo(0.3 * 0.49 + 0.21 * (0.7 + 0.3 * 0.49), 12);
    // Heard at 1, and that answer lost: only the server's timer is at 2.
    expect(third).toEqual({ at: 2, probability: expect.closeTo(0.3 * 0.7 * 0.3 * 0.7, 12) });
  });

  test('without loss it has one rung, with one-way loss towards the server only the client’s', () => {
    expect(handshakeRungs(0, 0, DOUBLING, 100)).toEqual([{ at: 0, probability: 1 }]);
    const rungs = handshakeRungs(0.5, 0, DOUBLING, 20);
    expect(rungs.map(({ at }) => at)).toEqual([0, 1, 3, 7, 15]);
    expect(rungs.map(({ probability }) => probability)).toEqual([
      0.5, 0.25, 0.125, 0.0625, 0.03125,
    ]);
  });

  test.each([
    ['doubling', 0.3, 0.3, DOUBLING],
    ['doubling', 0.1, 0.5, DOUBLING],
    ['linear', 0.3, 0.3, LINEAR],
    ['linear', 0.5, 0.2, LINEAR],
  ] as const)('agrees with ends that are simulated: %s, %d, %d', (_name, out, back, clientAt) => {
    const random = randomOf(`${out} ${back} ${clientAt}`);
    const runs = 40_000;
    const counts = new Map<number, number>();
    for (let i = 0; i < runs; i++) {
      const at = handshake(
        () => random() >= out,
        () => random() >= back,
        clientAt,
      );
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    for (const { at, probability } of handshakeRungs(out, back, clientAt, 12)) {
      const error = 4 * Math.sqrt((probability * (1 - probability)) / runs);
      expect(Math.abs((counts.get(at) ?? 0) / runs - probability)).toBeLessThan(error + 1e-4);
    }
  });

  // Counted from rung 0 on, the last is of all later ones; two namespaces, nft's "numgen random" each way.
  test.each([
    ['connects of Linux 6.18', LINEAR, 0.3, [5_862, 3_960, 1_369, 507, 188, 114]],
    ['handshakes of ngtcp2', DOUBLING, 0.3, [441, 273, 43, 68, 20, 55]],
  ])('agrees with what was measured: %s', (_name, clientAt, loss, counts) => {
    const all = counts.reduce((a, b) => a + b, 0);
    const rungs = handshakeRungs(loss, loss, clientAt, counts.length - 2);
    const shares = rungs.map(({ probability }) => probability);
    shares.push(1 - shares.reduce((a, b) => a + b, 0));
    const square = counts.reduce((sum, count, i) => {
      const mean = shares[i]! * all;
      return sum + (count - mean) ** 2 / mean;
    }, 0);
    // The 99 % quantile of chi-square with five degrees of freedom.
    expect(square).toBeLessThan(15.09);
  });
});

test('late with 1 − q, whatever the timeout', () => {
  for (const timeoutMs of [500, 5_000]) {
    const { late } = expected('tcp', { ...TCP, timeoutMs }, 'tcp:80 loss out:2% in:5%');
    expect(probabilityOf(late)).toBeCloseTo(1 - 0.98 * 0.95, 12);
  }
});

test('failed is what is left when the time is over', () => {
  // Only SYNs are lost: within 5 s there are those at 0, 1 and 3 s; or at 0, 1, 2, 3 and 4 s.
  const doubling = expected('tcp', TCP, 'tcp:80 loss out:50%');
  expect(probabilityOf(doubling.failed)).toBeCloseTo(0.125, 12);
  const linear = expected('tcp', { ...TCP, synLinear: 4 }, 'tcp:80 loss out:50%');
  expect(probabilityOf(linear.failed)).toBeCloseTo(0.5 ** 5, 12);
  const quic = expected('quic', QUIC, 'udp:443 loss out:50%');
  expect(probabilityOf(quic.failed)).toBeCloseTo(0.5 ** 4, 12);
});

test('the mean of those that connect, by hand', () => {
  const { connect } = expected('tcp', TCP, 'tcp:80 loss out:50%');
  expect(meanOf(connect)).toBeCloseTo(10 + (1_022 * (0.25 + 3 * 0.125)) / 0.875, 6);
  const { handshake } = expected('quic', { ...QUIC, timeoutMs: 5_000 }, 'udp:443 loss out:50%');
  expect(meanOf(handshake)).toBeCloseTo(10 + (999 * (0.25 + 3 * 0.125)) / 0.875, 6);
  expect(expected('tcp', TCP, 'tcp:80 loss 1%', null).connect).toBeUndefined();
});

test('a rung at the limit is undecided, unless hardly any handshake ends there', () => {
  const at = (timeoutMs: number) =>
    expected('quic', { ...QUIC, timeoutMs }, 'udp:443 loss out:30%');
  expect(Object.keys(at(3_000))).toEqual(['late']);
  expect(Object.keys(at(4_000))).toEqual(['late', 'failed', 'handshake']);
  expect(probabilityOf(expected('quic', QUIC, 'udp:443 loss 30%').failed)).toBeGreaterThan(0.005);
});

test('of transfers and requests other things fail', () => {
  const transfer = { ...TCP, bytes: 1_000, upload: 'send', sendBytes: 1_000 };
  expect(Object.keys(expected('tcp', transfer, 'tcp:80 loss 1%'))).toEqual(['late', 'connect']);
  expect(Object.keys(expected('http', TCP, 'tcp:80 loss 1%'))).toEqual(['late', 'connect']);
});

test('round trips of a second, and other initial RTTs, have other ladders', () => {
  expect(expected('tcp', TCP, 'tcp:80 rtt 1100ms', null)).toEqual({});
  expect(Object.keys(expected('quic', { ...QUIC, initialRttMs: 100 }, 'udp loss 1%'))).toEqual([
    'late',
  ]);
  expect(expected('quic', { ...QUIC, initialRttMs: 100 }, 'udp loss 1% rtt 400ms', null)).toEqual(
    {},
  );
});

test('the models are sentences', () => {
  expect(expected('tcp', { ...TCP, synLinear: 4 }, 'tcp:80 loss 1%').late!.model).toBe(
    'independent losses of 1% each way; SYN sent again after 1, 2, 3, 4, 5, 7 s …, the SYN-ACK as well',
  );
  expect(expected('quic', QUIC, 'udp:443 loss 1%').late!.model).toBe(
    'independent losses of 1% each way; ' +
      'one datagram each way, PTOs of 1, 2, 4 s … at both ends (RFC 9002)',
  );
});

/** Ends with a clock each, told in words as they are in the RFCs; when the handshake is complete. */
function handshake(
  arrives: () => boolean,
  comesBack: () => boolean,
  clientAt: readonly number[],
): number {
  let server: { fires: number; timeout: number } | null = null;
  for (let now = 0; now < 200; now++) {
    if (server !== null && server.fires === now) {
      if (comesBack()) return now;
      server = { fires: now + 2 * server.timeout, timeout: 2 * server.timeout };
    }
    if (!clientAt.includes(now) || !arrives()) continue;
    if (comesBack()) return now;
    const timeout: number = server?.timeout ?? 1;
    server = { fires: now + timeout, timeout };
  }
  return Number.POSITIVE_INFINITY;
}
