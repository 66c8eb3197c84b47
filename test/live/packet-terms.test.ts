/** What a packet itself shows, between programs that set it: DSCP and length by ping, flags by TCP. */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';

const PINGS = 5;

/** How many of PINGS are answered. */
async function answers(lab: NetnsLab, address: string, ...args: string[]): Promise<number> {
  const pace = ['-n', '-q', '-c', String(PINGS), '-i', '0.05', '-W', '1'];
  const { stdout } = await lab.start(lab.near, 'ping', ...pace, ...args, address).finished;
  return Number(/ (\d+) received/.exec(stdout)?.[1]);
}

for (const version of [4, 6] as const) {
  const farOf = (lab: NetnsLab) => (version === 4 ? lab.far4 : lab.far6);

  test(`dscp=: packets with that mark, whatever their ECN bits: IPv${version}`, async ({ lab }) => {
    await lab.up('icmp dscp=ef dir=out partition', 'icmp dscp=cs1 dir=out', 'icmp');
    // EF is 46, in the upper six bits of the byte.
    const asked = ['0xb8', '0xb9', '0x20', '0xbc'].map((byte) =>
      answers(lab, farOf(lab), '-Q', byte),
    );
    expect(await Promise.all([...asked, answers(lab, farOf(lab))])).toEqual([
      ...[0, 0, PINGS],
      ...[PINGS, PINGS],
    ]);
    const [marked, low] = (await lab.status()).rules;
    expect([marked.out.seen, marked.out.dropped.partition]).toEqual([2 * PINGS, 2 * PINGS]);
    expect(low.out.seen).toBe(PINGS);
  });

  test(`len=: the IP length, both ends included: IPv${version}`, async ({ lab }) => {
    const headerBytes = version === 4 ? 28 : 48;
    const [min, max] = [500 + headerBytes, 600 + headerBytes];
    await lab.up(`icmp len=${min}-${max} dir=out partition`, 'icmp');
    const sizes = [499, 500, 600, 601];
    const asked = sizes.map((size) => answers(lab, farOf(lab), '-s', String(size)));
    expect(await Promise.all(asked)).toEqual([PINGS, 0, 0, PINGS]);
    const [within] = (await lab.status()).rules;
    expect(within.out.dropped.partition).toBe(2 * PINGS);
    expect(within.out.bytes).toBe(PINGS * (min + max));
  });

  test(`flags=: connections begin late, and are fast: IPv${version}`, async ({ lab }) => {
    const delayMs = 300;
    await lab.program(lab.far, 'tcp-echo.mjs', farOf(lab), 7).printed(/ready/);
    await lab.up(`tcp:7 flags=syn,!ack delay ${delayMs}ms`, 'tcp:7 flags=syn', 'tcp:7');
    const said = lab.run(lab.near, process.execPath, '-e', CONNECT_AND_ECHO, farOf(lab));
    const { connectMs, echoMs } = JSON.parse(said);
    expect(connectMs).toBeGreaterThanOrEqual(delayMs - 1);
    expect(echoMs).toBeLessThan(delayMs);
    const [syn, synAck, rest] = (await lab.status()).rules;
    expect([syn.out.seen, syn.in.seen]).toEqual([1, 0]);
    expect([synAck.out.seen, synAck.in.seen]).toEqual([0, 1]);
    expect(rest.out.seen).toBeGreaterThan(1);
    expect(rest.in.seen).toBeGreaterThan(0);
  });
}

/** Prints how long a connection to port 7 of its argument takes, and then a byte there and back. */
const CONNECT_AND_ECHO = `
  const startMs = performance.now();
  const socket = require('net').connect(7, process.argv[1], () => {
    const connectedMs = performance.now();
    socket.write('x');
    socket.once('data', () => {
      const endMs = performance.now();
      console.log(JSON.stringify({
        connectMs: connectedMs - startMs,
        echoMs: endMs - connectedMs,
      }));
      socket.end();
    });
  });`;
