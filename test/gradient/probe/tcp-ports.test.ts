import { expect, test } from 'vitest';
import { TcpPorts } from '../../../src/gradient/probe/tcp-ports.js';

test('every port comes once before the first comes again', () => {
  const ports = new TcpPorts([100, 103], 2);
  expect(ports.count).toBe(4);
  expect(Array.from({ length: 6 }, () => ports.next())).toEqual([102, 103, 100, 101, 102, 103]);
});

test('they are those that the kernel gives to programs, from any of them on', () => {
  const [a, b] = [new TcpPorts(), new TcpPorts()];
  const both = [a, b].map((ports) => Array.from({ length: 3 }, () => ports.next()));
  for (const port of both.flat()) expect(port > 1_023 && port < 65_536).toBe(true);
  expect(a.count).toBeGreaterThan(1_000);
});
