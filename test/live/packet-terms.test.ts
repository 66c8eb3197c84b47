/** What a packet itself shows, between programs that set it: DSCP and length by ping, flags by TCP. */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';

const PINGS = 5;

/** How many of PINGS are answered, over IPv4 and over IPv6. */
function answers(lab: NetnsLab, ...args: string[]): Promise<number[]> {
  return Promise.all([lab.far4, lab.far6].map((address) => answersOf(lab, address, ...args)));
}

async function answersOf(lab: NetnsLab, address: string, ...args: string[]): Promise<number> {
  const pace = ['-n', '-q', '-c', String(PINGS), '-i', '0.05', '-W', '1'];
  const { stdout } = await lab.start(lab.near, 'ping', ...pace, ...args, address).finished;
  return Number(/ (\d+) received/.exec(stdout)?.[1]);
}

const NONE = [0, 0];
const ALL = [PINGS, PINGS];

test('dscp=: packets with that mark, whatever their ECN bits', async ({ lab }) => {
  await lab.up('icmp dscp=ef dir=out partition', 'icmp dscp=cs1 dir=out', 'icmp');
  // EF is 46, in the upper six bits of the byte.
  const asked = ['0xb8', '0xb9', '0x20', '0xbc'].map((byte) => answers(lab, '-Q', byte));
  const found = await Promise.all([...asked, answers(lab)]);
  expect(found).toEqual([NONE, NONE, ALL, ALL, ALL]);
  const [marked, low] = (await lab.status()).rules;
  expect([marked.out.seen, marked.out.dropped.partition]).toEqual([4 * PINGS, 4 * PINGS]);
  expect(low.out.seen).toBe(2 * PINGS);
});

test('len=: the IP length, both ends included', async ({ lab }) => {
  const [min4, max4] = [500 + 28, 600 + 28];
  const [min6, max6] = [500 + 48, 600 + 48];
  await lab.up(
    `icmp@0.0.0.0/0 len=${min4}-${max4} dir=out partition`,
    `icmp@::/0 len=${min6}-${max6} dir=out partition`,
    'icmp',
  );
  const asked = [499, 500, 600, 601].map((size) => answers(lab, '-s', String(size)));
  expect(await Promise.all(asked)).toEqual([ALL, NONE, NONE, ALL]);
  const { rules } = await lab.status();
  for (const [i, bytes] of [min4 + max4, min6 + max6].entries()) {
    expect(rules[i].out.dropped.partition).toBe(2 * PINGS);
    expect(rules[i].out.bytes).toBe(PINGS * bytes);
  }
});

test('flags=: connections begin late, and are fast', async ({ lab }) => {
  const delayMs = 300;
  await lab.program(lab.far, 'tcp-echo.mjs', '::', 7).printed(/ready/);
  await lab.up(`tcp:7 flags=syn,!ack delay ${delayMs}ms`, 'tcp:7 flags=syn', 'tcp:7');
  for (const address of [lab.far4, lab.far6]) {
    const said = lab.run(lab.near, process.execPath, '-e', CONNECT_AND_ECHO, address);
    const { connectMs, echoMs } = JSON.parse(said);
    expect(connectMs).toBeGreaterThanOrEqual(delayMs - 1);
    expect(echoMs).toBeLessThan(delayMs);
  }
  const [syn, synAck, rest] = (await lab.status()).rules;
  expect([syn.out.seen, syn.in.seen]).toEqual([2, 0]);
  expect([synAck.out.seen, synAck.in.seen]).toEqual([0, 2]);
  expect(rest.out.seen).toBeGreaterThan(2);
  expect(rest.in.seen).toBeGreaterThan(1);
});

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
