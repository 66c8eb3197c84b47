/** Rules that are swapped, numbers that are read and instances that are stopped while packets flow. */
import { expect } from 'vitest';
import type { InstanceStatus } from '../../src/control/types.js';
import { test } from '../support/live-test.js';
import { isBalanced, Receiver, range, send, udpCounter } from '../support/traffic.js';

const PORT = 5_001;

test('set swaps the rules between two packets', async ({ lab }) => {
  const many = 500;
  await lab.up(`udp:${PORT} partition`);
  const receiver = await Receiver.start(lab, lab.far, lab.far4, PORT);
  const sender = lab.program(lab.near, 'udp-send.mjs', lab.far4, PORT, 60_000, 1);
  await lab.statusWhen(({ rules }) => rules[0].out.dropped.partition >= many);
  await lab.set('n1', `udp:${PORT}`);
  await lab.statusWhen(({ rules }) => rules[0].out.passed >= many);
  await lab.set('n1', `udp:${PORT} loss 100%`);
  await lab.statusWhen(({ rules }) => rules[0].out.dropped.loss >= many);
  await sender.end('SIGTERM');

  const { numbers } = await receiver.stop();
  // One run without a gap: what came between the two swaps.
  expect(numbers[0]).toBeGreaterThanOrEqual(many);
  expect(numbers.length).toBeGreaterThanOrEqual(many);
  expect(numbers).toEqual(range(numbers.length).map((i) => numbers[0] + i));
});

test('held packets keep their time and their place', async ({ lab }) => {
  const count = 5;
  const delayMs = 4_000;
  await lab.up(`udp:${PORT} delay ${delayMs}ms`);
  const receiver = await Receiver.start(lab, lab.far, lab.far4, PORT);
  const sendSome = () => send(lab, lab.near, lab.far4, PORT, { count, perMs: 1 });
  await sendSome();
  await lab.statusWhen(({ rules }) => rules[0].out.held === count);
  // The same rule with another delay is the same link: nobody overtakes on it.
  await lab.set('n1', `udp:${PORT} delay 0ms`);
  await sendSome();
  await lab.statusWhen(({ rules }) => rules[0].out.held === count);
  // Another rule is another link.
  await lab.set('n1', `udp dport=${PORT}`);
  await sendSome();
  await lab.statusWhen(({ rules }) => rules[0].out.passed === count);
  const all = () => udpCounter(lab, lab.far, 'InDatagrams');
  await expect.poll(all, { timeout: 10_000, interval: 50 }).toBe(3 * count);

  const { numbers, delaysMs } = await receiver.stop();
  expect(numbers).toEqual([...range(count), ...range(count), ...range(count)]);
  const [third, first, second] = [0, count, 2 * count].map((i) => delaysMs.slice(i, i + count));
  for (const ms of first) {
    expect(ms).toBeGreaterThan(delayMs - 1);
    expect(ms).toBeLessThan(delayMs + 1_000);
  }
  for (const ms of second) expect(ms).toBeLessThan(delayMs);
  for (const ms of third) expect(ms).toBeLessThan(delayMs / 2);
});

test('seen = passed + dropped + held at every sampled moment', async ({ lab }) => {
  const rule = `udp:${PORT} loss 10% delay 20ms jitter 10ms`;
  await lab.up(rule);
  const inward = await Receiver.start(lab, lab.near, lab.near4, PORT);
  const outward = await Receiver.start(lab, lab.far, lab.far4, PORT);
  const sending = { count: 5_000, perMs: 3 };
  let isSending = true;
  const sent = Promise.all([
    send(lab, lab.near, lab.far4, PORT, sending),
    send(lab, lab.far, lab.near4, PORT, sending),
  ]).finally(() => {
    isSending = false;
  });
  const samples: InstanceStatus[] = [];
  while (isSending) samples.push(await lab.statusSample());
  await sent;
  const last = await lab.statusWhen(({ rules: [{ out, in: inward }] }) => {
    return out.seen + inward.seen === 2 * sending.count && out.held + inward.held === 0;
  });

  expect(samples.length).toBeGreaterThan(30);
  expect(samples.filter((sample) => !isBalanced(sample))).toEqual([]);
  expect(samples.filter(({ rules }) => rules[0].out.held > 0).length).toBeGreaterThan(10);
  const seen = samples.map(({ rules }) => rules[0].out.seen);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(isBalanced(last)).toBe(true);
  expect((await outward.stop()).received).toBe(last.rules[0].out.passed);
  expect((await inward.stop()).received).toBe(last.rules[0].in.passed);
});

test('Ctrl-C releases what is held at once, in order', async ({ lab }) => {
  const count = 50;
  const up = await lab.up('--json', `udp:${PORT} delay 60s`);
  const outward = await Receiver.start(lab, lab.far, lab.far4, PORT);
  const inward = await Receiver.start(lab, lab.near, lab.near4, PORT);
  await send(lab, lab.near, lab.far4, PORT, { count, perMs: 1 });
  await send(lab, lab.far, lab.near4, PORT, { count, perMs: 1 });
  await lab.statusWhen(({ rules: [{ out, in: inward }] }) => out.held + inward.held === 2 * count);
  const { code, stdout } = await up.end('SIGINT');

  expect(code).toBe(0);
  const { rules } = JSON.parse(stdout) as InstanceStatus;
  for (const counts of [rules[0].out, rules[0].in]) {
    expect(counts).toMatchObject({ seen: count, passed: count, delayed: count, held: 0 });
  }
  for (const { numbers, delaysMs } of [await outward.stop(), await inward.stop()]) {
    expect(numbers).toEqual(range(count));
    expect(Math.max(...delaysMs)).toBeLessThan(30_000);
  }
});
