/**
 * What a user may get wrong and what a machine may lack: each gets one clear sentence with the part that
 * is wrong and the mend, the exit code of its kind, no stack trace, and leaves nothing behind. Machines
 * that lack something are made of this one: a mount namespace hides a file, setarch(8) makes the
 * kernel look old, setpriv(1) takes rights away.
 */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../support/find-program.js';
import { NETEMU, NetnsLab } from '../support/netns-lab.js';
import { rememberState, type Untouched } from '../support/untouched.js';

let lab: NetnsLab;
let untouched: Untouched;

beforeAll(async () => {
  lab = new NetnsLab();
  untouched = await rememberState(lab);
});

afterAll(() => lab?.close());

/** Runs `netemu ARGS` behind `before`, in the near namespace; it must fail with exactly these words. */
async function refuses(
  args: readonly string[],
  code: number,
  stderr: string | RegExp,
  before: readonly string[] = [],
): Promise<void> {
  // Should one be accepted, it ends by itself.
  const command = [...before, process.execPath, NETEMU, ...args];
  const ended = await lab.start(lab.near, 'timeout', '10', ...command).finished;
  const words = typeof stderr === 'string' ? stderr : expect.stringMatching(stderr);
  expect(ended).toEqual({ code, signal: null, stdout: '', stderr: words });
}

const UP = ['up', '--dev', 'v0'];
const FINE = [...UP, '--flow', 'udp:53', '--loss', '1%'];
const HELP = '  netemu up --help says what there is\n';
const TIME_UNITS = '  units of time: ns, us, ms, s, min, h\n';

const slips: readonly (readonly [args: readonly string[], stderr: string])[] = [
  [['--loss', '101%'], 'netemu: --loss 101%: 101% is more than 100%\n'],
  [['--loss', '5'], 'netemu: --loss 5: 5 has no unit, did you mean 5%?\n'],
  [['--delay', '10'], `netemu: --delay 10: 10 has no unit, did you mean 10ms?\n${TIME_UNITS}`],
  [
    ['--flow', 'udp:99999', '--loss', '1%'],
    'netemu: --flow udp:99999: "99999" is more than 65535, the highest port\n',
  ],
  [
    ['--flow', 'upd:53', '--loss', '1%'],
    'netemu: --flow upd:53: unknown protocol "upd", did you mean udp?\n' +
      '  protocols: any, tcp, udp, icmp, sctp, quic, dns, tls\n',
  ],
  [
    ['udp:53 los 1%'],
    'netemu: unknown impairment "los", did you mean loss?\n' +
      '  udp:53 los 1%\n' +
      '         ^\n' +
      '  impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, ' +
      'delay, rtt, jitter, reorder, slot, rebind, per, compat, profile\n',
  ],
  [
    ['udp:53', 'partition'],
    'netemu: "partition" is an argument of its own: a rule is one argument, in quotes\n' +
      "  netemu up 'udp:53 partition'\n",
  ],
  [['--los', '1%'], `netemu: unknown option "--los", did you mean --loss?\n${HELP}`],
  [['--loss'], `netemu: --loss needs a value\n${HELP}`],
  [
    [],
    'netemu: up needs a rule: which packets meet what\n' +
      '  netemu up --flow udp:53 --loss 0.5%\n' +
      "  netemu up 'udp:53 loss 0.5%' 'tcp:443 delay 20ms'\n",
  ],
  [
    ['--loss', '1%', '--memory', '4mb'],
    'netemu: --memory 4mb: 16mib is the least it can work with\n',
  ],
  [
    ['--loss', '1%', '--for', '60'],
    `netemu: --for 60: 60 has no unit, did you mean 60s?\n${TIME_UNITS}`,
  ],
  [
    ['--loss', '1%', '--name', 'a name'],
    'netemu: --name "a name": a name is 1 to 11 characters, a letter first, then letters, digits, "_", "." or "-"\n' +
      '  without --name the first free of n1, n2 … is taken\n',
  ],
  [
    ['--loss', '1%', '--dev', 'nosuch'],
    'netemu: --dev nosuch: there is no device "nosuch"\n  there are: lo, v0\n',
  ],
];

for (const [args, stderr] of slips) {
  test(`up ${args.join(' ')}`, () => refuses([...UP, ...args], 2, stderr));
}

test('up --netns nosuch', () =>
  refuses(
    [...FINE, '--netns', 'nosuch'],
    2,
    /^netemu: --netns nosuch: there is no network namespace "nosuch"\n {2}there are: .*\n$/,
  ));

test('up --netns of a process that is not there', () =>
  refuses(
    [...FINE, '--netns', '4194305'],
    2,
    'netemu: --netns 4194305: there is no process 4194305\n',
  ));

test('up --netns of a file that is no namespace', () =>
  refuses(
    [...FINE, '--netns', '/dev/null'],
    2,
    'netemu: --netns /dev/null: that is no network namespace\n' +
      '  ip netns list, or /proc/PID/ns/net\n',
  ));

test('a device that is not there in the other namespace', () =>
  refuses(
    ['up', '--netns', lab.far, '--dev', 'v0', '--loss', '1%'],
    2,
    'netemu: --dev v0: there is no device "v0"\n  there are: lo, v1\n',
  ));

test('no default route', () =>
  refuses(
    ['up', '--loss', '1%'],
    2,
    'netemu: there is no default route here, so netemu cannot tell which device you mean\n' +
      '  name one: --dev lo, for example (ip link lists them)\n',
  ));

test('an unknown command', () =>
  refuses(
    ['upp'],
    2,
    'netemu: unknown command "upp", did you mean up?\n  netemu --help says what there is\n',
  ));

const NOT_ROOT_MEND = '  put sudo in front of the command\n';

test('not root', () =>
  refuses(
    FINE,
    3,
    `netemu: this needs root: user 65534 lacks CAP_NET_ADMIN and CAP_NET_RAW\n${NOT_ROOT_MEND}`,
    // A user namespace without a mapping: nobody, as whom everything of ours can be read.
    ['unshare', '--user'],
  ));

test('root of a container without the rights', () =>
  refuses(
    FINE,
    3,
    'netemu: this needs root: root has been denied CAP_NET_ADMIN and CAP_NET_RAW\n' +
      '  in a container: docker run --cap-add NET_ADMIN --cap-add NET_RAW --device /dev/net/tun\n',
    ['setpriv', '--bounding-set=-net_admin,-net_raw', '--inh-caps=-all'],
  ));

test('not root, and a slip: the slip comes first', () =>
  refuses([...UP, '--loss', '5'], 2, 'netemu: --loss 5: 5 has no unit, did you mean 5%?\n', [
    'unshare',
    '--user',
  ]));

/** A mount namespace in which one file or directory is hidden behind another. */
function hiding(file: string, behind = '/dev/null'): string[] {
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', behind, file];
}

for (const [program, packageName] of [
  ['nft', 'nftables'],
  ['tc', 'iproute2'],
  ['ip', 'iproute2'],
] as const) {
  test(`no ${program}`, () =>
    refuses(
      FINE,
      3,
      `netemu: the program ${program} is not on this machine\n  sudo apt-get install ${packageName}\n`,
      hiding(realpathSync(findProgram(program))),
    ));
}

test('no libnftables: the program needs it', async () => {
  await refuses(
    FINE,
    3,
    /^netemu: nft --version does not work: nft: error while loading shared libraries: .*\n {2}sudo apt-get install nftables\n$/,
    hiding(nftLibrary()),
  );
});

test('no libnftables, and an nft that does without', async () => {
  // Found out when the first table is made, with everything else in place.
  await refuses(
    FINE,
    3,
    /^netemu: the library of nftables \(libnftables\.so\.1\) cannot be loaded: .+\n {2}sudo apt-get install nftables\n$/,
    [
      ...hiding(nftLibrary()),
      ...withNft(`test "$1" = --version && echo nftables v1.0.6 || echo '{"nftables": []}'`),
    ],
  );
  await untouched.check();
});

function nftLibrary(): string {
  const cache = lab.run(lab.near, findProgram('ldconfig'), '-p');
  return realpathSync(/libnftables\.so\.1 .*=> (\S+)/.exec(cache)![1]);
}

/** A directory of this test's own. */
function makeDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'netemu-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function withNft(script: string): string[] {
  const dir = makeDirectory();
  writeFileSync(join(dir, 'nft'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'nft'), 0o755);
  return ['env', `PATH=${dir}:${process.env.PATH}`];
}

test('nft too old', () =>
  refuses(
    FINE,
    3,
    'netemu: nft 0.9.8 is too old: 1.0 or newer is needed\n' +
      '  sudo apt-get install nftables (on a newer release of the system, if that is not enough)\n',
    withNft('echo "nftables v0.9.8 (E.D.S.)"'),
  ));

test('nft broken', () =>
  refuses(
    FINE,
    3,
    'netemu: nft --version does not work: nft: cannot open libfoo.so\n  sudo apt-get install nftables\n',
    withNft('echo "nft: cannot open libfoo.so" >&2; exit 127'),
  ));

test('a kernel before the egress hook', () =>
  refuses(
    FINE,
    3,
    /^netemu: the kernel 2\.6\.\S+ has no nftables egress hook: Linux 5\.16 or newer is needed\n {2}boot a newer kernel; .*\n$/,
    ['setarch', '--uname-2.6'],
  ));

test('no /dev/net/tun', async () => {
  const dir = makeDirectory();
  mkdirSync(join(dir, 'net'));
  await refuses(
    FINE,
    3,
    'netemu: there is no /dev/net/tun\n' +
      '  sudo modprobe tun || sudo mknod /dev/net/tun c 10 200\n' +
      '  in a container: docker run --device /dev/net/tun --cap-add NET_ADMIN\n',
    hiding('/dev/net', join(dir, 'net')),
  );
});

test('a device that is down', async () => {
  lab.run(lab.near, 'ip', 'link', 'add', 'w0', 'type', 'veth', 'peer', 'w1');
  onTestFinished(() => void lab.run(lab.near, 'ip', 'link', 'delete', 'w0'));
  const before = await rememberState(lab);
  const up = ['up', '--dev', 'w0', '--loss', '1%'];
  const ended = await lab.netemu(...up).finished;
  const stderr = 'netemu: the device w0 is down\n  sudo ip link set w0 up\n';
  expect(ended).toEqual({ code: 3, signal: null, stdout: '', stderr });
  await before.check();
});

test('nothing is left of all these', () => untouched.check());

test('where nothing is hidden it works', async () => {
  const { code, stderr } = await (await lab.up('any loss 1%', '--for', '1ms')).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await untouched.check();
});

test('doctor says the same as up', async () => {
  const [env, path] = withNft('echo "nftables v0.9.8"');
  const doctor = lab.start(lab.near, env, path, process.execPath, NETEMU, 'doctor');
  const { code, stdout } = await doctor.finished;
  expect(code).toBe(3);
  expect(stdout).toMatch(
    /^missing {2}nft: nft 0\.9\.8 is too old: 1\.0 or newer is needed\n {11}sudo apt-get install nftables/m,
  );
  // What is found by trying, on a device that is gone again.
  expect(stdout).toMatch(
    /^ok {7}tun calls: (?:io_uring, up to \d+ packets|a system call for each)/m,
  );
  expect(stdout).toMatch(/^ok {7}tun offload: (?:super-packets by CSUM, TSO4|packets one by one)/m);
  await untouched.check();
});
