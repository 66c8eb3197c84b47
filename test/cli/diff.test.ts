/** `netemu diff`: what it prints and writes, and that `check` and `replay` take it. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { differenceLines } from '../../src/cli/diff-lines.js';
import { type Transmission, transmit, writeCapture } from '../replay/diff/network.js';
import { ip, udp } from '../support/packets.js';
import { range } from '../support/traffic.js';
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

function write(packets: readonly Transmission[], aheadNs = 0): void {
  const { near, far } = transmit(packets, aheadNs);
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

/** Without the folder's name. */
function plain(text: string): string {
  return text.replaceAll(`${folder.path}/`, '');
}

test('both ways', async () => {
  const { exitCode, stdout, stderr } = await netemu('diff', sent, received);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(plain(stdout)).toBe(
    `out: from sent.pcap (1,970 packets) to received.pcap (1,960 packets), 1,950 packets in both
  way   sent  lost   loss  burst  doubled  reordered     min     p50     p90     p99     max
all
  out  1,000    20  2.00%   2.00        0          0  4.00ms  6.00ms  8.00ms  8.00ms  8.00ms
  in     980    10  1.02%   1.00        0          0  6.00ms  6.00ms  6.00ms  6.00ms  6.00ms
`,
  );
});

test('--json, and the same for a wide terminal and a narrow one', async () => {
  const { stdout } = await netemu('diff', sent, received, '--json');
  const difference = JSON.parse(stdout);
  expect(difference).toMatchObject({
    sent: { name: sent, packets: 1_970, compared: 1_970, fault: null },
    common: 1_950,
    clock: { offsetNs: 0, origin: 'none' },
    out: { sent: 1_000, lost: 20, delay: { p50Ns: 6 * MS } },
    flowCount: 1,
    flows: [{ flow: 'udp 10.0.0.1:5000 > 10.9.0.2:53', in: { sent: 980 } }],
    notes: [],
  });
  expect(plain(differenceLines(difference, 120).slice(1).join('\n'))).toBe(
    `     way   sent  lost   loss  95% interval  burst  doubled  reordered     min     p50     p90     p99     max  jitter
all  out  1,000    20  2.00%    1.23–3.07%   2.00        0          0  4.00ms  6.00ms  8.00ms  8.00ms  8.00ms  1.59ms
     in     980    10  1.02%   0.490–1.87%   1.00        0          0  6.00ms  6.00ms  6.00ms  6.00ms  6.00ms     0ns`,
  );
  for (const columns of [60, 80, 100]) {
    const lines = differenceLines(difference, columns).slice(1);
    expect(lines.every((line) => line.length <= columns && !line.endsWith('…'))).toBe(true);
  }
});

test('the largest flows, what is rare, and what was assumed', async () => {
  const late = {
    packet: ip('10.0.0.1', '10.9.0.2', udp(5_000, 53, Uint8Array.of(9, 9, 9))),
    timeNs: 5 * MS,
    fate: { delaysNs: [300 * MS, 301 * MS] },
  };
  write([...questions(260, 13), late], -30 * MS);
  const { stdout } = await netemu('diff', sent, received);
  const lines = plain(stdout).split('\n');
  expect(lines.filter((line) => line.startsWith('udp '))).toHaveLength(10);
  expect(lines.slice(-4)).toEqual([
    'and 3 more flows',
    'out: overtaken by up to 2 packets',
    'note: the clock of received.pcap is 31ms behind that of sent.pcap: assumed, so that the shortest ' +
      'delays of both ways are the same',
    '',
  ]);
  const { stdout: json } = await netemu('diff', sent, received, '--json');
  const { out, ...rest } = JSON.parse(json);
  const rare = { corrupted: 1, marked: 2, dscpChanged: 3_000, strangers: 4 };
  const told = differenceLines({ ...rest, out: { ...out, ...rare } }, 200);
  expect(told).toContain(
    'out: overtaken by up to 2 packets, 1 with another payload, 2 marked CE, 3,000 with another DSCP, ' +
      '4 arrived that were not sent',
  );
});

test('-o writes rules that check takes, and by which replay loses the same packets', async () => {
  const made = path.join(folder.path, 'a network');
  const { stdout, stderr } = await netemu('diff', sent, received, '-o', made);
  expect(stdout).toMatch(/^out: /);
  expect(plain(stderr)).toBe('netemu: wrote a network/rules.yaml and a network/back.yaml\n');
  expect(fs.readdirSync(made).sort()).toEqual([
    'back.yaml',
    'delay-1.txt',
    'loss-1.map',
    'loss-back-1.map',
    'rules.yaml',
  ]);
  const rules = path.join(made, 'rules.yaml');
  expect((await netemu('check', rules, path.join(made, 'back.yaml'))).exitCode).toBe(0);
  const again = path.join(folder.path, 'again.pcap');
  const replayed = await netemu('replay', sent, '-f', rules, '-w', again);
  expect(replayed.exitCode).toBe(0);
  const { stdout: json } = await netemu('diff', sent, again, '--json', '--from', '10.0.0.1');
  const { stdout: first } = await netemu('diff', sent, received, '--json', '--from', '10.0.0.1');
  const { lost, lossBurst } = JSON.parse(first).out;
  expect(JSON.parse(json).out).toMatchObject({ sent: 1_000, lost, lossBurst });
});

test('--flow writes one rule', async () => {
  const made = path.join(folder.path, 'made');
  await netemu('diff', sent, received, '--flow', 'dns', '-o', made);
  const { stdout } = await netemu('check', path.join(made, 'rules.yaml'));
  expect(stdout).toMatch(
    /^dns loss out:map loss-out.map in:map loss-in.map delay out:6.\d+ms in:6ms jitter out:1.\d+ms delay-out.txt\n$/,
  );
});

test('damage is told when the rest was compared', async () => {
  fs.truncateSync(received, fs.statSync(received).size - 3);
  const { exitCode, stdout, stderr } = await netemu('diff', sent, received);
  expect([exitCode, stdout]).toEqual([1, expect.stringContaining('1,949 packets in both')]);
  expect(stderr).toMatch(/received.pcap: .* at offset \d+; what is before it was compared\n$/);
});

test.each<[string[], RegExp]>([
  [['--clock-offset', '5'], /--clock-offset 5: 5 has no unit, did you mean 5ms\?/],
  [['--from', 'here'], /--from here: "here" is not an IP address/],
  [['--flow', 'dsn'], /--flow dsn: unknown protocol "dsn", did you mean dns\?/],
  [['--flow', 'udp:53 dir=out'], /--flow: dir= has no meaning here/],
])('%j is refused', async (flags, message) => {
  const { exitCode, stdout, stderr } = await netemu('diff', sent, received, ...flags);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});

test('a clock that is behind', async () => {
  write(questions(50), -20 * MS);
  const { stdout } = await netemu('diff', sent, received, '--clock-offset', '-20ms', '--json');
  expect(JSON.parse(stdout).out.delay.minNs).toBe(4 * MS);
});
