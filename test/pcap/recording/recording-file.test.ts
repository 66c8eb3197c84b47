/** What the thread writes, block by block: large ones too, what a full disk does, and the files that are refused. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordFailure } from '../../../src/cli/record.js';
import { openTarget, type RecordingStatus } from '../../../src/pcap/recording/recording.js';
import { RecordingFile } from '../../../src/pcap/recording/recording-file.js';
import { statusWith } from '../../control/fake-instance.js';
import { type Reading, readCapture } from '../../support/capture-reading.js';
import { commentOf } from '../../support/test-recording.js';

const INTERFACES = [{ name: 'v0 out', link: 1 }];
const DATA = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);

let directory: string;
let path: string;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'netemu-file-'));
  path = join(directory, 'a.pcapng');
});

afterEach(() => {
  fs.rmSync(directory, { recursive: true });
});

function put(file: RecordingFile, ns: number, length: number, verdict = 'netemu passed'): void {
  file.packet(0, 0, Float64Array.of(0, ns), 1, DATA, 5, length, verdict);
}

function read(): Reading {
  return readCapture(fs.readFileSync(path));
}

test('packets of any length come back, whatever lies before and behind them', () => {
  const { fd } = openTarget(path);
  const file = new RecordingFile(fd);
  file.section(['a'], 'x', INTERFACES);
  const lengths = [0, 1, 2, 3, 4, 5, 1_513, 65_557];
  const verdicts = lengths.map((length) => `netemu ä${'.'.repeat(length % 7)}`);
  for (let round = 0; round < 30; round++) {
    lengths.forEach((length, i) => {
      put(file, round, length, verdicts[i]);
    });
  }
  file.flush();
  const { packets, fault } = read();
  expect(fault).toBeNull();
  expect(packets).toHaveLength(30 * lengths.length);
  packets.forEach(({ data, wireBytes }, i) => {
    const length = lengths[i % lengths.length];
    expect(wireBytes).toBe(length);
    expect(Buffer.compare(data, DATA.subarray(5, 5 + length))).toBe(0);
  });
  expect(packets.slice(0, lengths.length).map(commentOf)).toEqual(verdicts);
  expect(file).toMatchObject({ packets: 240, discarded: 0, bytes: fs.statSync(path).size });
});

test('a header that is larger than what is written at once', () => {
  const comments = Array.from({ length: 40 }, () => 'x'.repeat(60_000));
  const file = new RecordingFile(openTarget(path).fd);
  file.section(comments, 'x', INTERFACES);
  put(file, 0, 10);
  file.section(comments, 'x', INTERFACES);
  put(file, 0, 20);
  file.flush();
  const { order, sections, fault } = read();
  expect({ order, fault }).toEqual({ order: 'SIPSIP', fault: null });
  expect(sections[1].comments).toEqual(comments);
});

test('times before 1970, and where the lower word overflows', () => {
  const file = new RecordingFile(openTarget(path).fd);
  for (const offset of [2n ** 32n - 1n, 2n ** 60n + 2n ** 32n - 5n]) {
    file.setClockOffset(offset);
    file.section([], 'x', INTERFACES);
    for (const ns of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 50 + 3]) {
      put(file, ns, 1);
      file.flush();
      const { baseNs, packets } = read();
      expect(baseNs + BigInt(packets.at(-1)!.timeNs)).toBe(offset + BigInt(ns));
    }
    fs.truncateSync(path);
  }
});

test('a full disk: nothing more is written, and what is missing is counted', () => {
  const file = new RecordingFile(openTarget('/dev/full').fd);
  file.section([], 'x', INTERFACES);
  for (let i = 0; i < 50; i++) put(file, i, 60_000);
  file.flush();
  expect(file.failure).toMatch(/ENOSPC/);
  expect(file).toMatchObject({ packets: 50, discarded: 50, bytes: 0 });
});

test('what was in the file stays until there is something to write', () => {
  fs.writeFileSync(path, 'older');
  const file = new RecordingFile(openTarget(path).fd);
  expect(fs.readFileSync(path, 'utf8')).toBe('older');
  file.section([], 'x', INTERFACES);
  file.flush();
  expect(read()).toMatchObject({ order: 'SI', fault: null });
});

test.each(['-', ''])('"%s" is no file', (name) => {
  expect(() => openTarget(name)).toThrow(
    expect.objectContaining({ code: 'E_RECORD', exitCode: 2, mend: expect.any(String) }),
  );
});

test('what cannot be written is refused, with the reason', () => {
  const refused = (name: string) => {
    try {
      openTarget(name);
    } catch (error) {
      return (error as Error).message;
    }
    return null;
  };
  expect(refused(directory)).toMatch(/cannot record to .*EISDIR/);
  expect(refused(join(directory, 'none', 'a.pcapng'))).toMatch(/ENOENT/);
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(refused(pipe)).toMatch(/is a file, not a pipe/);
  expect(openTarget(path).path).toBe(path);
});

test('a recording that broke off is an error in the end, one that lost packets is not', () => {
  const recording: RecordingStatus = { file: path, packets: 1, bytes: 9, lost: 3, failure: null };
  expect(recordFailure(statusWith({}))).toBeNull();
  expect(recordFailure(statusWith({ recording }))).toBeNull();
  expect(recordFailure(statusWith({ recording: { ...recording, failure: 'ENOSPC' } }))).toEqual(
    expect.objectContaining({ code: 'E_RECORD', exitCode: 4 }),
  );
});
