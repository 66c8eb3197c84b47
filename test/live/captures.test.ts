/** Captures made on the spot by tcpdump, tshark and dumpcap, read by us while they grow, and beside tshark. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, vi } from 'vitest';
import { linkTypeOf, UNKNOWN_LINK } from '../../src/pcap/link-types.js';
import { absoluteTimes, readCapture } from '../support/capture-reading.js';
import { test } from '../support/live-test.js';
import { expectAsTshark } from '../support/shark-comparison.js';
import { CaptureFolder } from '../support/wireshark.js';

const PINGS = 10;
const PATIENCE = { timeout: 30_000, interval: 100 };

/** tcpdump would write as a user who may not write into our folder, and a second after the packets. */
const TCPDUMP = ['tcpdump', '-Z', 'root', '-n', '--immediate-mode', '-U'] as const;

/** By file name: on how many of lo and the link it looks, and the program. */
const CAPTURES: Record<string, [links: number, ...command: string[]]> = {
  'lo.pcap': [1, ...TCPDUMP, '-i', 'lo', '-w'],
  'lo-ns.pcap': [1, ...TCPDUMP, '-i', 'lo', '--time-stamp-precision=nano', '-w'],
  'any.pcap': [2, ...TCPDUMP, '-i', 'any', '-s', '60', '-w'],
  'cooked.pcap': [2, ...TCPDUMP, '-i', 'any', '-y', 'LINUX_SLL', '-w'],
  'lo.pcapng': [1, 'tshark', '-n', '-i', 'lo', '-w'],
  'two.pcapng': [2, 'dumpcap', '-i', 'lo', '-i', 'v0', '-s', '50', '-w'],
};

test('of what pings on lo and on a link', async ({ lab }) => {
  const folder = new CaptureFolder();
  onTestFinished(() => folder.remove());
  const startNs = BigInt(Date.now()) * 1_000_000n;
  const running = Object.entries(CAPTURES).map(([file, [, program, ...args]]) =>
    lab.start(lab.near, program, ...args, folder.file(file)),
  );
  const read = (file: string) => readCapture(readFileSync(folder.file(file)));
  try {
    await Promise.all(running.map((each) => each.printed(/listening on|File: /)));
    for (const address of ['127.0.0.1', '::1', lab.far4, lab.far6]) {
      lab.run(lab.near, 'ping', '-n', '-q', '-i', '0.01', '-c', String(PINGS), address);
    }
    for (const [file, [links]] of Object.entries(CAPTURES)) {
      // Two families, there and back.
      const packets = 2 * 2 * PINGS * links;
      await vi.waitUntil(() => read(file).packets.length >= packets, PATIENCE);
    }
  } finally {
    // A tshark that is killed leaves its dumpcap behind.
    for (const each of running) await each.end('SIGINT');
  }

  for (const file of Object.keys(CAPTURES)) {
    await expectAsTshark(folder.file(file));
    const reading = read(file);
    expect(reading.format, file).toBe(file.split('.')[1]);
    for (const { link } of reading.interfaces) {
      expect(linkTypeOf(link), `${file} ${link}`).not.toBe(UNKNOWN_LINK);
    }
    const endNs = BigInt(Date.now()) * 1_000_000n;
    const strange = absoluteTimes(reading).filter((ns) => ns < startNs || ns > endNs);
    expect(strange, file).toEqual([]);
  }
});
