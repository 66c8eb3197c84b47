/** What the machine lacks: the checks with a machine made up, and the report. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkLines } from '../../src/cli/doctor.js';
import { examine } from '../../src/host/doctor.js';
import * as needs from '../../src/host/requirements.js';

let dir: string;

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
});

afterAll(() => {
  fs.rmSync(dir, { recursive: true });
});

/** A directory with programs that are these shell scripts. */
function fakePrograms(scripts: Record<string, string>): string {
  const bin = fs.mkdtempSync(path.join(dir, 'bin-'));
  for (const [name, script] of Object.entries(scripts)) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return bin;
}

function fakeNft(nft: string): string {
  return fakePrograms({ nft });
}

function lackOf(finding: needs.Finding) {
  if (finding.ok) throw new Error(`${finding.found} is fine`);
  const { message, mend, exitCode } = finding.lack;
  return { message, mend, exitCode };
}

test.each([
  ['18.20.4', false],
  ['20.18.3', false],
  ['20.19.0', true],
  ['22.1.0', true],
])('node %s: %s', (version, isFine) => {
  expect(needs.checkNode(version).ok).toBe(isFine);
});

test.each([
  ['4.19.0-27-amd64', false],
  ['5.15.0-generic', false],
  ['5.16.0', true],
  ['6.1.0-25-amd64', true],
  ['10.0', true],
])('Linux %s: %s', (release, isFine) => {
  expect(needs.checkKernel(release).ok).toBe(isFine);
});

test('an old kernel, in one sentence', () => {
  expect(lackOf(needs.checkKernel('5.10.0-30-amd64'))).toMatchObject({
    message:
      'the kernel 5.10.0-30-amd64 has no nftables egress hook: Linux 5.16 or newer is needed',
    exitCode: 3,
  });
});

test('rights are capabilities, not the user id', () => {
  const status = (mask: string) => `Name:\tnode\nCapPrm:\t${mask}\nCapEff:\t${mask}\nCapBnd:\tff\n`;
  expect(needs.checkRights(status('000001fffeffffff'), 0).ok).toBe(true);
  expect(needs.checkRights(status('0000000000003000'), 1000)).toEqual({
    ok: true,
    found: 'CAP_NET_ADMIN, CAP_NET_RAW',
  });
  expect(lackOf(needs.checkRights(status('0000000000000000'), 1000))).toEqual({
    message: 'this needs root: user 1000 lacks CAP_NET_ADMIN and CAP_NET_RAW',
    mend: 'put sudo in front of the command',
    exitCode: 3,
  });
  const inContainer = lackOf(needs.checkRights(status('00000000a80425fb'), 0));
  expect(inContainer.message).toBe('this needs root: root has been denied CAP_NET_ADMIN');
  expect(inContainer.mend).toContain('--cap-add NET_ADMIN');
});

test('run: a kernel without numbers of namespaces, a setpriv that knows too little', () => {
  expect(needs.checkKernelForRun('5.14.0-rc1').ok).toBe(true);
  expect(lackOf(needs.checkKernelForRun('5.10.0-30-amd64'))).toMatchObject({
    message:
      'the kernel 5.10.0-30-amd64 does not number network namespaces: Linux 5.14 or newer is needed',
    exitCode: 3,
  });
  expect(lackOf(needs.checkRunPrograms(dir)).mend).toBe('sudo apt-get install util-linux');
  const others = { unshare: '', mount: '', flock: '' };
  const fitting = fakePrograms({ ...others, setpriv: '[ "$1" = --pdeathsig ]' });
  expect(needs.checkRunPrograms(fitting).ok).toBe(true);
  const small = fakePrograms({ ...others, setpriv: 'exit 1' });
  expect(lackOf(needs.checkRunPrograms(small)).message).toContain('does not know --pdeathsig');
});

test('no nft, ip or tc', () => {
  expect(lackOf(needs.checkNft(dir))).toMatchObject({
    message: 'the program nft is not on this machine',
    mend: 'sudo apt-get install nftables',
    exitCode: 3,
  });
  expect(lackOf(needs.checkIp(dir)).mend).toBe('sudo apt-get install iproute2');
  expect(lackOf(needs.checkTc(dir)).mend).toBe('sudo apt-get install iproute2');
});

test('nft by its version', () => {
  expect(needs.checkNft(fakeNft('echo "nftables v1.0.6 (Lester Gooch #5)"'))).toEqual({
    ok: true,
    found: 'nft 1.0.6',
  });
  expect(needs.checkNft(fakeNft('echo "nftables v1.1 (x)"')).ok).toBe(true);
  const old = lackOf(needs.checkNft(fakeNft('echo "nftables v0.9.8 (E.D.S.)"')));
  expect(old.message).toBe('nft 0.9.8 is too old: 1.0 or newer is needed');
  expect(old.mend).toContain('apt-get install nftables');
  expect(old.exitCode).toBe(3);
  const broken = lackOf(
    needs.checkNft(fakeNft('echo "libnftables.so.1: no such file" >&2; exit 127')),
  );
  expect(broken.message).toBe('nft --version does not work: libnftables.so.1: no such file');
});

test('/dev/net/tun that is missing, or closed to us', () => {
  const missing = path.join(dir, 'tun');
  expect(lackOf(needs.checkTun(missing))).toMatchObject({
    message: `there is no ${missing}`,
    exitCode: 3,
  });
  // A directory cannot be opened for writing, by root neither.
  expect(lackOf(needs.checkTun(dir)).message).toBe(`${dir} cannot be opened: EISDIR`);
  expect(needs.checkTun('/dev/null').ok).toBe(true);
});

test('doctor and up say the same', () => {
  const missing = examine().find(({ result }) => result === 'missing');
  let said: string | undefined;
  try {
    needs.requireForUp();
  } catch (error) {
    said = (error as Error).message;
  }
  if (said !== undefined) expect(said).toBe(missing?.detail);
  // What only trying shows comes after all that `up` checks.
  else expect(['egress', 'redirect', undefined]).toContain(missing?.name);
});

test('the report', () => {
  const lines = checkLines([
    { name: 'node', result: 'ok', detail: 'node 20.19.0', mend: null },
    { name: 'tun', result: 'missing', detail: 'there is no /dev/net/tun', mend: 'one\ntwo' },
    { name: 'egress', result: 'untried', detail: 'it takes root to try', mend: null },
  ]);
  expect(lines).toEqual([
    'ok       node: node 20.19.0',
    'missing  tun: there is no /dev/net/tun',
    '           one',
    '           two',
    'untried  egress: it takes root to try',
  ]);
});
