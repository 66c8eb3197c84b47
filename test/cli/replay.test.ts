/** `netemu replay`: what is said in the end, to people and to programs, and what is wrong with what was asked. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCapture } from '../support/capture-reading.js';
import { goldenPackets, pcapngOf, pcapOf } from '../support/golden-captures.js';
import { packets as recordedPackets, recording } from '../support/recordings.js';
import { Folder, netemu, type Ran } from './commands.js';

let folder: Folder;
/** DNS over IPv4 and IPv6, with and without directions. */
let dns: string;
let classic: string;

beforeAll(() => {
  folder = new Folder();
  dns = write('dns.pcapng', pcapngOf(goldenPackets('dns')));
  classic = write('dns.pcap', pcapOf(goldenPackets('dns')));
});

afterAll(() => folder.remove());

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(folder.path, name);
  fs.writeFileSync(file, bytes);
  return file;
}

const inFolder = (name: string) => path.join(folder.path, name);

/** Without the folder, whose name is another each time. */
function plain({ exitCode, stdout, stderr }: Ran): Ran {
  const shown = (text: string) => text.replaceAll(`${folder.path}/`, '');
  return { exitCode, stdout: shown(stdout), stderr: shown(stderr) };
}

const replayAsIs = async (...args: string[]) => plain(await netemu('replay', ...args));

/** With little memory, which is quicker to make. */
const replay = (...args: string[]) =>
  replayAsIs(...args, ...(args.includes('--verify') ? [] : ['--memory', '16mib']));

test('the summary', async () => {
  const out = inFolder('out.pcap');
  const { exitCode, stdout, stderr } = await replay(
    dns,
    'udp:53 loss 10% delay 20ms',
    ...['-w', out, '--log', inFolder('log')],
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatchInlineSnapshot(`
    "netemu replayed dns.pcapng: 101 packets, 12.8KiB, in 766ms; 94 came through
    rule                        dir  seen  dropped  delayed  configured  realized  95% interval
    udp:53 loss 10% delay 20ms  out    37        6       31         10%     16.2%    6.19–32.0%
                                in     38        1       37         10%     2.63%  0.0666–13.8%
    dir  measured    configured  realized   95% interval
    out  loss burst        1.11      1.00      1.00–1.00
    out  delay mean      20.0ms    20.0ms  20.0ms–20.0ms
    out  delay p50       20.0ms    20.0ms  20.0ms–20.0ms
    out  delay p99       20.0ms    20.0ms              –
    in   loss burst        1.11      1.00              –
    in   delay mean      20.0ms    20.0ms  20.0ms–20.0ms
    in   delay p50       20.0ms    20.0ms  20.0ms–20.0ms
    in   delay p99       20.0ms    20.0ms              –
    wrote 94 packets, 13.6KiB: out.pcap
    seed 1; verdicts sha256 7a4e6588be74531a6ad1e302862bfa86b97e73fa0c1a7e25a6ef4f867c1a435c
    "
  `);
  expect(readCapture(fs.readFileSync(out))).toMatchObject({ format: 'pcap', fault: null });
  expect(fs.readFileSync(inFolder('log'), 'utf8').trimEnd().split('\n')).toHaveLength(101);
});

test('--json is the same for programs', async () => {
  const out = inFolder('json.pcapng');
  const { exitCode, stdout, stderr } = await replay(dns, '--loss', '10%', '-w', out, '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const bytes = fs.readFileSync(out);
  expect(JSON.parse(stdout)).toEqual({
    kind: 'replay',
    input: 'dns.pcapng',
    seed: '1',
    packets: 101,
    bytes: 13_130,
    left: readCapture(bytes).packets.length,
    outOfOrder: 0,
    otherLinks: 0,
    oversized: 0,
    malformed: 0,
    spanNs: expect.any(Number),
    baseNs: String(goldenPackets('dns')[0].timeNs),
    isInterrupted: false,
    verdictsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    output: {
      file: 'json.pcapng',
      packets: readCapture(bytes).packets.length,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    },
    rules: [expect.objectContaining({ rule: 'any loss 10%' })],
    fault: null,
  });
});

test('rules, or a file of them, whose seed counts unless another is given', async () => {
  const file = folder.write('rules.yaml', 'rules: [udp:53 loss 10%]\nseed: 7f\n');
  const seedOf = async (...args: string[]) =>
    JSON.parse((await replay(dns, ...args, '--json')).stdout);
  const [given, named, other] = [
    await seedOf('udp:53 loss 10%', '--seed', '7f'),
    await seedOf('-f', file),
    await seedOf('-f', file, '--seed', '1'),
  ];
  expect(named).toEqual(given);
  expect(named.seed).toBe('7f');
  expect(other.verdictsSha256).not.toBe(named.verdictsSha256);
  expect(await seedOf('udp:53 loss 10%')).toEqual(other);
});

test('without rules everything passes, which is said', async () => {
  const out = inFolder('copy.pcapng');
  const { exitCode, stdout, stderr } = await replay(dns, '-w', out);
  expect(exitCode).toBe(0);
  expect(stderr).toBe(
    'netemu: dns.pcapng is no recording, and there are no rules: everything passes\n',
  );
  expect(stdout).toMatch(/^netemu replayed dns\.pcapng: 101 packets, .*; 101 came through\n/);
  expect(fs.readFileSync(out).equals(fs.readFileSync(dns))).toBe(true);
});

test('the format of the output', async () => {
  const formatOf = async (input: string, name: string) => {
    await replay(input, '--loss', '1%', '-w', inFolder(name));
    return readCapture(fs.readFileSync(inFolder(name))).format;
  };
  expect(await formatOf(dns, 'a.pcap')).toBe('pcap');
  expect(await formatOf(classic, 'a.PCAPNG')).toBe('pcapng');
  expect(await formatOf(classic, 'a')).toBe('pcap');
  expect(await formatOf(dns, 'a.cap')).toBe('pcapng');
});

test('a compressed capture', async () => {
  const packed = write('dns.gz', gzipSync(fs.readFileSync(dns)));
  const hash = async (file: string) =>
    JSON.parse((await replay(file, '--loss', '10%', '--json')).stdout).verdictsSha256;
  expect(await hash(packed)).toBe(await hash(dns));
});

test('directions', async () => {
  const seen = async (...args: string[]) => {
    const { stdout } = await replay(classic, 'udp:53 loss 1%', ...args, '--json');
    const [{ out, in: inward }] = JSON.parse(stdout).rules;
    return [out.seen, inward.seen];
  };
  const [out, inward] = await seen();
  expect(await seen('--client', '198.18.0.1')).toEqual([out, inward]);
  expect(await seen('--direction', 'client', '--client', '198.18.0.0/15')).not.toEqual([
    out,
    inward,
  ]);
  expect(await seen('--direction', 'out')).toEqual([out + inward, 0]);
  expect(await seen('--direction', 'down')).toEqual([0, out + inward]);
  expect(await seen('--direction', 'interface=0')).toEqual([out + inward, 0]);
});

test('--compare: the same', async () => {
  const expected = inFolder('expected.pcapng');
  await replay(dns, '--loss', '10%', '--delay', '5ms', '-w', expected);
  const args = ['--loss', '10%', '--delay', '5ms', '--compare', expected];
  const { exitCode, stdout, stderr } = await replay(dns, ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/\n\d+ packets compared with expected\.pcapng: the same\n/);
  const { compare } = JSON.parse((await replay(dns, ...args, '--json')).stdout);
  expect(compare).toMatchObject({ differences: 0, missing: 0, extra: 0, firstDifference: null });
});

test('--compare: different', async () => {
  const { exitCode, stdout, stderr } = await replay(dns, '--loss', '100%', '--compare', classic);
  expect(exitCode).toBe(1);
  // ARP passes.
  expect(stdout).toMatch(
    /\n\d+ packets compared with dns\.pcap: \d+ differ, \d+ missing, 0 extra\n/,
  );
  expect(stderr).toBe(
    'netemu: what came through differs from dns.pcap, first in packet 3, which only the other has\n',
  );
  const late = await replay(dns, 'any slot 1s', '--compare', classic);
  expect(late.stderr).toMatch(/packet \d+: \d\.\d{9} s after the first, there \d\.\d{9} s\n$/);
  const longer = await replay(
    dns,
    '--compare',
    write('half.pcap', fs.readFileSync(classic).subarray(0, 24)),
  );
  expect(longer.stderr).toContain('first in packet 1, which the other has not\n');
  const nothing = write('nothing.pcap', fs.readFileSync(classic).subarray(0, 24));
  const shorter = await replay(nothing, '--compare', classic);
  expect(shorter.stderr).toContain('first in packet 1, which only the other has\n');
});

test('a damaged capture: all before the fault, the summary, one error', async () => {
  const whole = fs.readFileSync(dns);
  const cut = write('cut.pcapng', whole.subarray(0, 5_000));
  const { exitCode, stdout, stderr } = await replay(cut, 'udp:53 delay 1ms');
  expect(exitCode).toBe(1);
  const count = readCapture(whole.subarray(0, 5_000)).packets.length;
  expect(stdout).toMatch(
    new RegExp(`^netemu replayed cut.pcapng: ${count} packets, .*; ${count} came through\n`),
  );
  expect(stderr).toMatch(/^netemu: cut\.pcapng: the file ends inside .* at offset \d+\n$/);
  const json = await replay(cut, 'udp:53 delay 1ms', '--json');
  expect(json).toMatchObject({ exitCode: 1, stderr });
  const { fault } = JSON.parse(json.stdout);
  expect(stderr).toBe(`netemu: cut.pcapng: ${fault.reason} at offset ${fault.offset}\n`);
  const compared = await replay(dns, '--compare', cut);
  expect(compared.exitCode).toBe(1);
  expect(compared.stderr).toContain(stderr);
});

test('a recording is replayed with its own rules and seed, and verified', async () => {
  const file = write('r.pcapng', recording({ verdicts: recordedPackets.map(() => null) }));
  const log = inFolder('r.log');
  const { exitCode, stdout, stderr } = await replay(file, '--log', log);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(
    /^netemu replayed r\.pcapng: 61 packets, .*\n.*\nudp:443 loss 3% delay 5ms/,
  );
  expect(stdout).toMatch(/\nnote: \d packets still held when it ended\n/);
  expect(stdout).toMatch(/\nseed recorded; verdicts sha256 [0-9a-f]{64}\n$/);
  const unverified = await replay(file, '--verify');
  expect(unverified.stdout).toContain('\nnote: 61 packets without a recorded verdict\n');
  expect(unverified).toMatchObject({
    exitCode: 1,
    stderr: 'netemu: r.pcapng: 61 packets of 61 have no recorded verdict\n',
  });
  const otherSeed = await replay(file, '--seed', 'x', '--json');
  expect(JSON.parse(otherSeed.stdout)).toMatchObject({ seed: 'x' });
  const otherRules = JSON.parse((await replay(file, '--loss', '1%', '--json')).stdout);
  expect(otherRules).toMatchObject({ seed: 'recorded', rules: [{ rule: 'any loss 1%' }] });
});

/** The verdicts that the recording ought to have. */
async function truth(end?: null): Promise<string[]> {
  const { replayed } = await import('../support/replays.js');
  const { header, RULES } = await import('../support/recordings.js');
  const { RecordingTimeline } = await import('../../src/replay/timeline.js');
  const timeline = new RecordingTimeline(header(RULES, 0, false));
  const verdicts = recordedPackets.map(() => null);
  const file = recording({ verdicts, ...(end === null && { end }) });
  return [...(await replayed(file, { rules: RULES, seed: 'recorded', timeline })).verdicts];
}

test('--verify: the same', async () => {
  const file = write('true.pcapng', recording({ verdicts: await truth() }));
  const { exitCode, stdout, stderr } = await replay(file, '--verify');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('\n61 verdicts compared with those recorded: the same\n');
  const { verify } = JSON.parse((await replay(file, '--verify', '--json')).stdout);
  expect(verify).toEqual({
    packets: 61,
    differences: 0,
    firstDifference: null,
    unverifiable: 0,
    overflowAt: null,
    end: { endNs: expect.any(Number), packets: 61, lost: 0 },
  });
});

test('--verify: different', async () => {
  const verdicts = await truth();
  const right = verdicts[8];
  verdicts[8] = 'netemu dropped by\x1b[31m loss; rule udp:443, flow 0, packet 2';
  const { exitCode, stdout, stderr } = await replay(
    write('false.pcapng', recording({ verdicts })),
    '--verify',
  );
  expect(exitCode).toBe(1);
  expect(stdout).toContain('\n61 verdicts compared with those recorded: 1 differs\n');
  expect(stderr).toBe(
    'netemu: false.pcapng: of 61 verdicts 1 differs, the first is that of packet 9\n' +
      '  recorded: netemu dropped by?[31m loss; rule udp:443, flow 0, packet 2\n' +
      `  replayed: ${right}\n`,
  );
});

test('--verify: incomplete recordings', async () => {
  const verdicts = await truth();
  const lossy = await replay(
    write('lossy.pcapng', recording({ verdicts, end: { lost: 3 } })),
    '--verify',
  );
  expect(lossy).toMatchObject({
    exitCode: 1,
    stderr: 'netemu: 3 packets were lost while recording: lossy.pcapng cannot be verified\n',
  });
  const whole = recording({ verdicts: await truth(null), end: null });
  const cut = await replay(write('noend.pcapng', whole), '--verify');
  expect(cut).toMatchObject({ exitCode: 0, stderr: '' });
  expect(cut.stdout).toContain('\nnote: the recording was cut off: it has no end\n');
  const fewer = await replay(write('fewer.pcapng', whole.subarray(0, -20)), '--verify');
  expect(fewer.exitCode).toBe(1);
  expect(fewer.stderr).toMatch(/^netemu: fewer\.pcapng: the file ends inside .* at offset \d+\n$/);
  expect(fewer.stdout).toContain('\n60 verdicts compared with those recorded: the same\n');
});

test('a recording of fewer packets than it had', async () => {
  const end = recording({ verdicts: await truth() });
  const noEnd = recording({ verdicts: await truth(), end: null });
  const { enhancedBytes } = await import('../support/replays.js');
  const last = noEnd.length - readLastBlock(noEnd);
  expect(last).toBeGreaterThan(enhancedBytes(recordedPackets.at(-1)!.frame));
  const file = Buffer.concat([noEnd.subarray(0, noEnd.length - last), end.subarray(noEnd.length)]);
  const { exitCode, stderr } = await replay(write('filtered.pcapng', file), '--verify');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr:
      'netemu: filtered.pcapng was recorded with 61 packets and has 60: it cannot be verified\n',
  });
});

/** Where the last block begins, as its last word says. */
function readLastBlock(file: Uint8Array): number {
  return file.length - new DataView(file.buffer).getUint32(file.length - 4, true);
}

test('notes on what a reader of the table might not expect', async () => {
  const golden = goldenPackets('dns');
  const swapped = [golden[3], golden[2], ...golden.slice(4)];
  swapped[5] = { ...swapped[5], frame: swapped[5].frame.subarray(0, 30) };
  const file = write('odd.pcapng', pcapngOf(swapped));
  const { stdout } = await replay(file, 'udp:53 loss 1%');
  expect(stdout).toMatch(/\nnote: 1 packet with an earlier time/);
  expect(stdout).toMatch(/\nnote: 1 packet malformed: passed untouched\n/);
});

const HELP = '  netemu replay --help says what there is\n';

test.each([
  [[], `netemu: missing required argument "capture"\n${HELP}`],
  [['--jiter', '1ms', 'DNS'], `netemu: unknown option "--jiter", did you mean --jitter?\n${HELP}`],
  [
    ['udp:53 loss 1%'],
    'netemu: there is no file "udp:53 loss 1%"\n' +
      "  the capture comes first, then rules: netemu replay IN.pcap 'udp:53 loss 1%'\n",
  ],
  [
    ['DNS', 'udp:53', 'partition'],
    'netemu: "partition" is an argument of its own: a rule is one argument, in quotes\n' +
      "  netemu replay dns.pcapng 'udp:53 partition'\n",
  ],
  [['DNS', '--compare', 'nix'], 'netemu: --compare: there is no file "nix"\n'],
  [
    ['DNS', '--speed', 'fast'],
    'netemu: --speed "fast": a number above 0 is needed, or max\n' +
      '  --speed 1 is as fast as it was, --speed 10 ten times as fast\n',
  ],
  [
    ['DNS', '--direction', 'left'],
    'netemu: --direction "left" is unknown\n' +
      '  there are: auto, flow, client, out, in, interface=NAME\n',
  ],
  [
    ['DNS', '--direction', 'client'],
    'netemu: --direction client needs --client\n  netemu replay … --client 192.0.2.0/24\n',
  ],
  [
    ['DNS', '--direction', 'in', '--client', '192.0.2.1'],
    'netemu: --direction in makes no use of --client\n',
  ],
  [
    ['DNS', '--client', 'example.com'],
    'netemu: --client example.com: "example.com" is not an IP address\n' +
      '  names are not resolved: give the address\n',
  ],
  [
    ['DNS', '--direction', 'interface=eth0,eth1'],
    'netemu: dns.pcapng has no interface "eth0" or "eth1"\n  there are: 0\n',
  ],
  [
    ['DNS', '--direction', 'interface='],
    'netemu: --direction interface=: the name of an interface is missing\n',
  ],
  [
    ['DNS', '-w', 'DNS'],
    'netemu: dns.pcapng is being read: it cannot be written at the same time\n' +
      '  write to another file\n',
  ],
  [
    ['DNS', '--compare', 'CLASSIC', '--log', 'CLASSIC'],
    'netemu: dns.pcap is being read: it cannot be written at the same time\n' +
      '  write to another file\n',
  ],
  [['DNS', '-w', 'new', '--log', 'new'], 'netemu: --write and --log are the same file, new\n'],
  [
    ['DNS', '-w', '-', '--json'],
    'netemu: --write - and --json both want standard output\n  name a file for one of them\n',
  ],
  [
    ['DNS', '-w', '-', '--log', '-'],
    'netemu: --write - and --log - both want standard output\n  name a file for one of them\n',
  ],
  [
    ['-', '-f', '-'],
    'netemu: the capture - and --file - both want standard input\n  name a file for one of them\n',
  ],
  [
    ['-', '--compare', '-'],
    'netemu: the capture - and --compare - both want standard input\n  name a file for one of them\n',
  ],
  [
    ['DNS', '-w', 'a.pcap.gz'],
    'netemu: --write a.pcap.gz: what is written is not compressed\n' +
      '  netemu replay … --write - | gzip >a.pcap.gz\n',
  ],
  [
    ['DNS', '--verify'],
    'netemu: dns.pcapng is no recording: it has no verdicts to compare with\n' +
      '  netemu up and netemu run make recordings: --record FILE.pcapng\n',
  ],
  [
    ['DNS', '--verify', '--loss', '1%'],
    'netemu: --verify takes everything from the recording, and a rule would be something else\n' +
      '  netemu replay RECORDING --verify\n',
  ],
  [
    ['DNS', '--verify', '--seed', '1'],
    'netemu: --verify takes everything from the recording, and --seed would be something else\n' +
      '  netemu replay RECORDING --verify\n',
  ],
  [['DNS', '--memory', '1mb'], 'netemu: --memory 1mb: 16mib is the least it can work with\n'],
])('wrong usage: %s', async (args, stderr) => {
  const files: Record<string, string> = { DNS: dns, CLASSIC: classic, new: inFolder('new') };
  const before = fs.readFileSync(dns);
  const ran = await replayAsIs(...args.map((arg) => files[arg] ?? arg));
  expect(ran).toEqual({ exitCode: 2, stdout: '', stderr });
  expect(fs.existsSync(inFolder('new'))).toBe(false);
  expect(fs.readFileSync(dns).equals(before)).toBe(true);
});

test('files by other names are the same files', async () => {
  const link = inFolder('link.pcapng');
  fs.linkSync(dns, link);
  const { exitCode, stderr } = await replay(dns, '--loss', '1%', '-w', link);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('link.pcapng is being read');
  const rules = folder.write('trace.yaml', 'rules: [{match: udp, trace: a.up}]\n');
  const trace = folder.write('a.up', '1\n2\n3\n');
  const traced = await replay(dns, '-f', rules, '--log', trace);
  expect(traced.stderr).toContain('a.up is being read');
  expect(fs.readFileSync(trace, 'utf8')).toBe('1\n2\n3\n');
});

test('a damaged recording says so where its rules are needed', async () => {
  const bytes = Buffer.from(recording({ verdicts: recordedPackets.map(() => null) }));
  bytes.write('{"nothing', bytes.indexOf('{"version'));
  const file = write('damaged.pcapng', bytes);
  const { exitCode, stderr } = await replay(file);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr:
      'netemu: what netemu wrote into the section header is damaged or from another version\n' +
      '  give the rules and the seed, then it is replayed like any other capture\n',
  });
  expect((await replay(file, '--loss', '1%', '--seed', '1')).exitCode).toBe(0);
});

test('a recording that wants more memory than there is, or none, is replayed with what there is', async () => {
  for (const memory of ['9e15', '0', '1.5']) {
    const bytes = Buffer.from(recording({ verdicts: await truth() }));
    bytes.write(memory.padEnd(8), bytes.indexOf('16777216'));
    const { exitCode, stdout } = await replay(write('odd.pcapng', bytes), '--verify');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\n61 verdicts compared with those recorded: the same\n');
  }
});
