/**
 * What this machine lacks, and the command that mends it. Beside the quick checks that `up` makes
 * it tries the kernel's parts for real, in a network namespace that is thrown away.
 */

import { spawnSync } from 'node:child_process';
import type { NetemuError } from '../errors.js';
import { tryTunDevice } from './doctor-offload.js';
import { programPath } from './program.js';
import * as needs from './requirements.js';

export { requireForUp } from './requirements.js';

export interface Check {
  readonly name: string;
  /** Untried: it takes what an earlier line says is missing. */
  readonly result: 'ok' | 'missing' | 'untried';
  /** What was found, or the sentence that says what is missing. */
  readonly detail: string;
  readonly mend: string | null;
}

/** Everything that the path of `up` uses: owner table, both hooks, fwd, mark, packet type. */
const HOOKS_RULESET = `
table netdev netemu-doctor {
  flags owner
  chain out {
    type filter hook egress device "lo" priority 0; policy accept;
    meta mark 1 accept
    udp dport 53 fwd to "lo"
  }
  chain in {
    type filter hook ingress device "lo" priority 0; policy accept;
    meta pkttype other meta pkttype set host accept
    udp sport 53 fwd to "lo"
  }
}
`;

/** What the way out of `run` uses. */
const NAT_RULESET = `
table inet netemu-doctor {
  flags owner
  chain resolver {
    type nat hook prerouting priority dstnat; policy accept;
    udp dport 53 redirect to :5353
  }
  chain world {
    type nat hook postrouting priority srcnat; policy accept;
    ct state invalid drop
    masquerade
  }
}
`;

const REDIRECT_COMMANDS =
  'tc qdisc add dev lo ingress && tc filter add dev lo parent ffff: protocol all ' +
  'u32 match u32 0 0 action mirred ingress redirect dev lo';

const PROBE_MS = 10_000;

/** All checks, in the order in which they are mended. Takes some 50 ms. */
export function examine(): Check[] {
  const quick = [
    check('node', needs.checkNode()),
    check('kernel', needs.checkKernel()),
    check('rights', needs.checkRights()),
    check('nft', needs.checkNft()),
    check('libnftables', needs.tryNftLibrary()),
    check('ip', needs.checkIp()),
    check('tc', needs.checkTc()),
    check('tun', needs.checkTun()),
    check('run rights', needs.checkRightsForRun()),
    check('run programs', needs.checkRunPrograms()),
  ];
  const isOk = (name: string) => quick.some((one) => one.name === name && one.result === 'ok');
  const attempt = (name: string, needed: readonly string[], action: () => Check[]) => {
    const missing = needed.find((one) => !(one === 'unshare' ? needs.hasProgram(one) : isOk(one)));
    if (missing === undefined) return action();
    const isRoot = missing.endsWith('rights');
    return [untried(name, isRoot ? 'it takes root to try' : `it takes ${missing} to try`)];
  };
  return [
    ...quick,
    ...attempt('egress', ['rights', 'nft', 'unshare'], () => [tryHooks()]),
    ...attempt('redirect', ['rights', 'tc', 'unshare'], () => [tryRedirect()]),
    ...attempt('nat', ['run rights', 'nft', 'unshare'], () => [tryNat()]),
    ...attempt('tun device', ['run rights', 'tun'], tryTunDevice),
  ];
}

function tryHooks(): Check {
  const failure = inNamespace('exec nft -f -', HOOKS_RULESET);
  if (failure === null)
    return tried('egress', 'nftables egress and ingress hooks, owner tables, fwd');
  return failed('egress', needs.lackOfEgressHook(failure));
}

function tryRedirect(): Check {
  const failure = inNamespace(REDIRECT_COMMANDS, '');
  if (failure === null) return tried('redirect', 'tc u32 and mirred');
  return failed('redirect', needs.lackOfRedirect(failure));
}

function tryNat(): Check {
  const failure = inNamespace('exec nft -f -', NAT_RULESET);
  if (failure === null) return tried('nat', 'nftables NAT, for netemu run');
  return failed('nat', needs.lackOfNat(failure));
}

/** Null when the shell command succeeds in a new network namespace, else its first words. */
function inNamespace(command: string, input: string): string | null {
  const result = spawnSync('unshare', ['--net', 'sh', '-c', command], {
    encoding: 'utf8',
    input,
    timeout: PROBE_MS,
    env: { ...process.env, PATH: programPath() },
  });
  if (result.status === 0) return null;
  const said = `${result.stderr ?? ''}${result.stdout ?? ''}`.trim().split('\n')[0];
  return said || result.error?.message || `exit code ${result.status}`;
}

function check(name: string, finding: needs.Finding): Check {
  return finding.ok ? tried(name, finding.found) : failed(name, finding.lack);
}

function tried(name: string, detail: string): Check {
  return { name, result: 'ok', detail, mend: null };
}

function failed(name: string, lack: NetemuError): Check {
  return { name, result: 'missing', detail: lack.message, mend: lack.mend ?? null };
}

function untried(name: string, detail: string): Check {
  return { name, result: 'untried', detail, mend: null };
}
