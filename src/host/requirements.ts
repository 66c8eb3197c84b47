/**
 * What `up` and `run` need of the machine, with one sentence and one mend for each lack: `doctor` and
 * they say the same. Nothing here creates or changes anything, and all of it takes a few
 * milliseconds; what can only be known by trying is in doctor.ts.
 */

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { environmentError, type NetemuError } from '../errors.js';
import { missingProgramError, programPath } from './program.js';

/** What was found, or what is missing. */
export type Finding =
  | { readonly ok: true; readonly found: string }
  | { readonly ok: false; readonly lack: NetemuError };

const NODE_MIN = [20, 19] as const;
/** The netfilter egress hook came with Linux 5.16. */
const KERNEL_MIN = [5, 16] as const;
/** SO_NETNS_COOKIE, by which runs tell namespaces apart, came with Linux 5.14. */
const KERNEL_MIN_FOR_RUN = [5, 14] as const;
/** The first with flags owner and the egress hook for netdev tables. */
const NFT_MIN = [1, 0] as const;

export const NFT_LIBRARY = 'libnftables.so.1';
const TUN_FILE = '/dev/net/tun';
const INSTALL_NFT = 'sudo apt-get install nftables';

/** Bits of capabilities(7). */
const CAPABILITY_BITS = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_SYS_ADMIN: 21 } as const;
type Capability = keyof typeof CAPABILITY_BITS;

const FOR_UP: readonly Capability[] = ['CAP_NET_ADMIN', 'CAP_NET_RAW'];
/** Namespaces and their mounts. */
const FOR_RUN: readonly Capability[] = ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN'];

/** What `run` starts, beside ip. */
const RUN_PROGRAMS = ['unshare', 'setpriv', 'mount', 'flock'];

/** Throws the first lack (environmentError): in the order in which they are mended. */
export function requireForUp(): void {
  for (const check of [checkNode, checkKernel, checkRights, checkNft, checkIp, checkTc]) {
    throwIfMissing(check());
  }
  throwIfMissing(checkNftLibrary());
  throwIfMissing(checkTun());
}

/** The same for `run`; a private one has no need of nftables. */
export function requireForRun(isPrivate: boolean): void {
  for (const check of [checkNode, checkRightsForRun, checkIp, checkRunPrograms, checkTun]) {
    throwIfMissing(check());
  }
  if (isPrivate) return;
  throwIfMissing(checkKernelForRun());
  throwIfMissing(checkNft());
  throwIfMissing(checkNftLibrary());
}

function throwIfMissing(finding: Finding): void {
  if (!finding.ok) throw finding.lack;
}

export function checkNode(version: string = process.versions.node): Finding {
  if (isAtLeast(version, NODE_MIN)) return found(`node ${version}`);
  return lacks(
    'E_NODE_OLD',
    `node ${version} is too old: ${NODE_MIN.join('.')} or newer is needed`,
  );
}

export function checkKernel(release: string = os.release()): Finding {
  if (os.platform() !== 'linux') {
    return lacks('E_NOT_LINUX', `this is ${os.platform()}: netemu needs Linux`);
  }
  if (isAtLeast(release, KERNEL_MIN)) return found(`Linux ${release}`);
  return lacks(
    'E_KERNEL_OLD',
    `the kernel ${release} has no nftables egress hook: Linux ${KERNEL_MIN.join('.')} or newer is needed`,
    'boot a newer kernel; on Debian 11: apt-get install -t bullseye-backports linux-image-amd64',
  );
}

export function checkKernelForRun(release: string = os.release()): Finding {
  if (isAtLeast(release, KERNEL_MIN_FOR_RUN)) return found(`Linux ${release}`);
  const needed = KERNEL_MIN_FOR_RUN.join('.');
  return lacks(
    'E_KERNEL_OLD',
    `the kernel ${release} does not number network namespaces: Linux ${needed} or newer is needed`,
    'boot a newer kernel\nnetemu run --private works with this one',
  );
}

/** A kernel that is new enough but built without it; known by trying only. */
export function lackOfEgressHook(detail: string, release: string = os.release()): NetemuError {
  return environmentError(
    'E_KERNEL_EGRESS',
    `the kernel ${release} has no nftables egress hook (${detail})`,
    'boot a kernel with CONFIG_NETFILTER_EGRESS=y, CONFIG_NF_TABLES_NETDEV=y and CONFIG_NFT_FWD_NETDEV',
  );
}

/** u32 and mirred, which bring packets back in; known by trying only. */
export function lackOfRedirect(detail: string): NetemuError {
  return environmentError(
    'E_KERNEL_REDIRECT',
    `the kernel cannot redirect packets with tc u32 and mirred (${detail})`,
    'sudo modprobe -a sch_ingress cls_u32 act_mirred',
  );
}

/** Known by trying only. */
export function lackOfNat(detail: string): NetemuError {
  return environmentError(
    'E_KERNEL_NAT',
    `the kernel cannot translate addresses with nftables (${detail})`,
    'sudo modprobe -a nft_chain_nat nft_masq nft_redir nft_ct\nnetemu run --private needs none of it',
  );
}

/** `status` is the text of /proc/self/status. */
export function checkRights(
  status: string = readText('/proc/self/status'),
  uid: number | undefined = process.getuid?.(),
  needed: readonly Capability[] = FOR_UP,
): Finding {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const missing = needed.filter(
    (name) => (effective & (1n << BigInt(CAPABILITY_BITS[name]))) === 0n,
  );
  if (missing.length === 0) return found(uid === 0 ? 'root' : needed.join(', '));
  const who = uid === 0 ? 'root has been denied' : `user ${uid} lacks`;
  return lacks(
    'E_NOT_ROOT',
    `this needs root: ${who} ${missing.join(' and ')}`,
    uid === 0
      ? `in a container: docker run ${needed.map(dockerOption).join(' ')} --device /dev/net/tun`
      : 'put sudo in front of the command',
  );
}

export function checkRightsForRun(): Finding {
  return checkRights(undefined, undefined, FOR_RUN);
}

function dockerOption(capability: Capability): string {
  return `--cap-add ${capability.replace('CAP_', '')}`;
}

export function checkRunPrograms(searchPath: string = programPath()): Finding {
  const missing = RUN_PROGRAMS.find((name) => findProgram(name, searchPath) === null);
  if (missing !== undefined) return programLack(missing);
  const env = { ...process.env, PATH: searchPath };
  const { status } = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { timeout: 5_000, env });
  if (status === 0) return found(RUN_PROGRAMS.join(', '));
  return lacks(
    'E_PROGRAM_OLD',
    'this setpriv does not know --pdeathsig: that of util-linux 2.33 or newer is needed',
    'sudo apt-get install util-linux (Alpine: apk add setpriv)',
  );
}

export function checkNft(searchPath: string = programPath()): Finding {
  if (findProgram('nft', searchPath) === null) return programLack('nft');
  const env = { ...process.env, PATH: searchPath };
  const result = spawnSync('nft', ['--version'], { encoding: 'utf8', timeout: 5_000, env });
  const version = /v(\d+\.\d+(?:\.\d+)?)/.exec(result.stdout ?? '')?.[1];
  if (version === undefined) {
    const said = `${result.stderr ?? ''}${result.stdout ?? ''}`.trim().split('\n')[0];
    const detail = said || result.error?.message || `exit code ${result.status}`;
    return lacks('E_NFT_BROKEN', `nft --version does not work: ${detail}`, INSTALL_NFT);
  }
  if (isAtLeast(version, NFT_MIN)) return found(`nft ${version}`);
  return lacks(
    'E_NFT_OLD',
    `nft ${version} is too old: ${NFT_MIN.join('.')} or newer is needed`,
    `${INSTALL_NFT} (on a newer release of the system, if that is not enough)`,
  );
}

/**
 * The loader's cache answers in a tenth of a millisecond; loading the library takes 5 ms, and
 * koffi before it 20 ms. Systems without that cache (musl) are asked by loading.
 */
export function checkNftLibrary(): Finding {
  const isCached = readText('/etc/ld.so.cache', 'latin1').includes(NFT_LIBRARY);
  return isCached ? found(NFT_LIBRARY) : tryNftLibrary();
}

export function tryNftLibrary(): Finding {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as { load(file: string): unknown };
    koffi.load(NFT_LIBRARY);
    return found(NFT_LIBRARY);
  } catch (error) {
    return { ok: false, lack: lackOfNftLibrary(error) };
  }
}

/** `error` is what koffi says, in several lines. */
export function lackOfNftLibrary(error: unknown): NetemuError {
  const detail = (error as Error).message.split('\n')[0];
  const message = `the library of nftables (${NFT_LIBRARY}) cannot be loaded: ${detail}`;
  return environmentError('E_NO_NFTABLES', message, INSTALL_NFT);
}

export function checkIp(searchPath: string = programPath()): Finding {
  const file = findProgram('ip', searchPath);
  return file === null ? programLack('ip') : found(file);
}

export function checkTc(searchPath: string = programPath()): Finding {
  const file = findProgram('tc', searchPath);
  return file === null ? programLack('tc') : found(file);
}

function programLack(program: string): Finding {
  return { ok: false, lack: missingProgramError(program) as NetemuError };
}

/** Opening it makes no device: that takes an ioctl. */
export function checkTun(file: string = TUN_FILE): Finding {
  try {
    fs.closeSync(fs.openSync(file, 'r+'));
    return found(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const inContainer = `in a container: docker run --device ${file} --cap-add NET_ADMIN`;
    switch (code) {
      case 'ENOENT': {
        const make = `sudo modprobe tun || sudo mknod ${file} c 10 200`;
        return lacks('E_NO_TUN', `there is no ${file}`, `${make}\n${inContainer}`);
      }
      case 'ENODEV':
      case 'ENXIO':
        return lacks('E_NO_TUN', `${file}: the kernel has no tun driver`, 'sudo modprobe tun');
      case 'EACCES': {
        const message = `${file} cannot be opened: ${code}`;
        return lacks('E_TUN_ACCESS', message, 'put sudo in front of the command');
      }
      default:
        return lacks('E_TUN_ACCESS', `${file} cannot be opened: ${code}`, inContainer);
    }
  }
}

function found(what: string): Finding {
  return { ok: true, found: what };
}

function lacks(code: string, message: string, mend?: string): Finding {
  return { ok: false, lack: environmentError(code, message, mend) };
}

export function hasProgram(name: string): boolean {
  return findProgram(name, programPath()) !== null;
}

function findProgram(name: string, searchPath: string): string | null {
  for (const dir of searchPath.split(':')) {
    const file = path.join(dir || '.', name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return file;
    } catch {
      // Not in this directory.
    }
  }
  return null;
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [haveMajor = 0, haveMinor = 0] = version
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

function readText(file: string, encoding: BufferEncoding = 'utf8'): string {
  try {
    return fs.readFileSync(file, encoding);
  } catch {
    return '';
  }
}
