/** `netemu diff`: what it prints and writes, and that `replay` takes it. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { range } from '../support/traffic.js';
import { ip, udp } from '../support/packets.js';
import { type Transmission, transmit, writeCapture } from '../replay/diff/network.js';
import { Folder, netemu } from './commands.js';

let folder: Folder;
let sent: string;
let received: string;

const MS = 1e6;

beforeEach(() => {
  folder = new Folder();
  write(questions(1_000));
});
afterEach(() => folder.remove());

function write(packets: readonly Transmission[]): void {
  const { near, far } = transmit(packets);
  sent = writeCapture(folder.path, 'sent.pcap', near);
  received = writeCapture(folder.path, 'received.pcap', far);
}

/** Of each hundred questions two are lost, and one answer of the rest. */
function questions(count: number, ports = 1): Transmission[] {
  return range(count).flatMap((i): Transmission[] => {
    const port = 5_000 + (i % ports);
    const payload = Uint8Array.of(i >> 8, i & 255);
    const isLost = i % 100 < 2;
    return [
      {
        packet: ip('10.0.0.1', '10.9.0.2', udp(port, 53, payload)),
        timeNs: 10 * i * MS,
        fate: { delaysNs: isLost ? [] : [(4 + (i % 5)) * MS] },
      },
      ...(isLost ? [] : [answer(port, payload, (10 * i + 9) * MS, i % 100 !== 50)]),
    ];
  });
}

function answer(port: number, payload: Uint8Array, timeNs: number, arrives: boolean): Transmission {
  const packet = ip('10.9.0.2', '10.0.0.1', udp(53, port, payload));
  return { packet, timeNs, fate: { delaysNs: arrives ? [6 * MS] : [] }, isBack: true };
}

test('a table of both ways', async () => {
  const { exitCode, stdout, stderr } = await netemu('diff', sent, received);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.replaceAll(`${folder.path}/`, '')).toBe(
    `1,950 packets are in both sent.pcap (1,970 packets) and received.pcap (1,960 packets)
     way   sent  lost   loss  95% interval  burst  doubled  reordered     min     p50     p90     p99     max  jitter
all  out  1,000    20  2.00%    1.23–3.07%   2.00        0          0  4.00ms  6.00ms  8.00ms  8.00ms  8.00ms  1.59ms
     in     980    10  1.02%    0.490–1.87%   1.00        0          0  6.00ms  6.00ms  6.00ms  6.00ms  6.00ms     0ns
`,
  );
});
