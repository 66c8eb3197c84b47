/** The end of a transfer, told by a socket that does what it is told. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TcpTransfer } from '../../../src/gradient/probe/tcp-transfer.js';
import type { TcpInfo } from '../../../src/tun/tcp-info.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Puppet extends EventEmitter {
  written = 0;
  writableFinished = false;

  write(bytes: Buffer): boolean {
    this.written += bytes.length;
    return true;
  }

  end(bytes: Buffer): void {
    this.write(bytes);
    this.writableFinished = true;
  }
}

function transferOf(sendBytes: number, receiveBytes: number) {
  const socket = new Puppet();
  const state = { info: null as Partial<TcpInfo> | null, over: [] as unknown[] };
  const transfer = new TcpTransfer(socket as unknown as Socket, sendBytes, receiveBytes, {
    info: () => state.info as TcpInfo | null,
    over: (failure, atMs) => state.over.push([failure, atMs]),
  });
  return { socket, state, transfer };
}

test('is over when the SYN and all bytes are acknowledged, at the time of that', () => {
  const startMs = performance.now();
  const { socket, state } = transferOf(200_000, 0);
  expect(socket.written).toBe(200_000);
  state.info = { bytesAcked: 200_000, lastAckMs: 0 };
  vi.advanceTimersByTime(50);
  expect(state.over).toEqual([]);
  state.info = { bytesAcked: 200_001, lastAckMs: 3 };
  vi.advanceTimersByTime(50);
  expect(state.over).toEqual([[null, startMs + 52]]);
});

test('the kernel’s coarse clock takes it back by one look at most', () => {
  const startMs = performance.now();
  const { state } = transferOf(1, 0);
  state.info = { bytesAcked: 3, lastAckMs: 1_000 };
  vi.advanceTimersByTime(5);
  expect(state.over).toEqual([[null, startMs]]);
});

test('waits for both directions', () => {
  const { state, transfer } = transferOf(1, 10);
  transfer.receive(9);
  state.info = { bytesAcked: 2, lastAckMs: 0 };
  vi.advanceTimersByTime(20);
  expect(state.over).toEqual([]);
  transfer.receive(5);
  expect([state.over.length, transfer.received]).toEqual([1, 14]);
});

test.each([
  [7, 0, 'reset'],
  [8, 0, 'closed early'],
  [7, 1, 'reset'],
  [9, 1, 'closed early'],
])('an end in state %d with %d bytes to send: %s', (tcpState, sendBytes, expected) => {
  const { socket, state } = transferOf(sendBytes, 10);
  state.info = { state: tcpState, bytesAcked: 1, lastAckMs: 0 };
  socket.emit('end');
  expect(state.over).toEqual([[expected, performance.now()]]);
});

test('an end that follows the peer’s own is no reset, though nobody has the connection any more', () => {
  const { socket, state } = transferOf(1, 10);
  state.info = { state: 7, bytesAcked: 3, lastAckMs: 0 };
  socket.emit('end');
  expect(state.over).toEqual([['closed early', performance.now()]]);
});

test('where the kernel tells nothing, the peer’s end is the sign', () => {
  const { socket, state } = transferOf(1, 0);
  vi.advanceTimersByTime(1_000);
  expect(state.over).toEqual([]);
  socket.emit('end');
  expect(state.over).toEqual([[null, performance.now()]]);
});

test('says nothing after it was stopped', () => {
  const { socket, state, transfer } = transferOf(1, 0);
  transfer.stop();
  state.info = { bytesAcked: 3, lastAckMs: 0 };
  vi.advanceTimersByTime(100);
  socket.emit('error', new Error('late'));
  socket.emit('close');
  expect(state.over).toEqual([]);
});
