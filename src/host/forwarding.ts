/**
 * The one setting of the caller's namespace that `netemu run` changes: whether packets that come in by an
 * uplink may go on (net.ipv4.conf.UPLINK.forwarding). What it was stands in a file for each device, under
 * a lock that all runs share which need it; the last of them puts it back and removes the file. A file
 * without a lock is from runs that were killed together with their guardians: whoever finds it puts it back.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runtimeError } from '../errors.js';
import { check, close, Errno, O_CREAT, O_RDWR, open } from '../tun/sys.js';
import { networkCookie, tryLock, trySharedLock } from '../tun/sys-process.js';
import { type Device, listDevices } from './devices.js';
import { lackOfForwarding } from './run-link.js';
import { FORWARDING_STATE } from './state-files.js';

/** A device whose setting is held at 1. */
export interface HeldForwarding {
  /** Of the state. Two words: the device's setting as it was, and net.ipv4.ip_forward beside it. */
  readonly file: string;
  readonly lockFd: number;
  readonly device: string;
  readonly deviceIndex: number;
}

/** A guardian that is putting a setting back has the lock for milliseconds. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 5;

/**
 * Remembers the setting of the device under a lock; from then on a guardian with that lock can put it back,
 * and `forwardBy` may change it. Null: packets may come in already, and nothing is to be touched.
 */
export async function holdForwarding(
  directory: string,
  { name, index }: Pick<Device, 'name' | 'index'>,
): Promise<HeldForwarding | null> {
  const file = join(directory, `${prefix()}${index}`);
  // In this order: a guardian puts the setting back before it removes the file.
  if (!fs.existsSync(file) && readForwarding(name) === '1') return null;
  const held = { file, lockFd: await lockState(file), device: name, deviceIndex: index };
  // Else it says what another run has found.
  if (fs.readFileSync(file, 'latin1') === '') {
    const now = readForwarding(name);
    if (now === '1') {
      await release(held);
      return null;
    }
    fs.writeFileSync(file, `${now} ${readIpForward()}\n`);
  }
  return held;
}

/** Lets packets come in by the device. Errors: E_FORWARDING. */
export function forwardBy({ device }: HeldForwarding): void {
  try {
    fs.writeFileSync(settingOf(device), '1');
  } catch {
    throw lackOfForwarding(device);
  }
}

/** Gives it back where the guardian could not: the setting too, unless another run needs it. */
export async function release({ file, lockFd }: HeldForwarding): Promise<void> {
  try {
    await putBack(file, lockFd);
  } finally {
    close(lockFd);
  }
}

/** Puts back what killed runs have left in this namespace; nothing when there is nothing. */
export async function restoreForwarding(directory: string): Promise<void> {
  let names: string[];
  try {
    names = fs.readdirSync(directory).filter((name) => name.startsWith(FORWARDING_STATE));
  } catch {
    return;
  }
  if (names.length === 0) return;
  const here = prefix();
  for (const name of names) {
    const file = join(directory, name);
    // Of an earlier boot: the setting is gone with it.
    if (!name.startsWith(thisBoot())) fs.rmSync(file, { force: true });
    if (!name.startsWith(here)) continue;
    const fd = open(file, O_RDWR);
    if (fd < 0) continue;
    try {
      await putBack(file, fd);
    } finally {
      close(fd);
    }
  }
}

/** The lock for itself alone is what says that nobody needs the setting any more. */
async function putBack(file: string, fd: number): Promise<void> {
  if (tryLock(fd) !== 0 || !isStill(file, fd)) return;
  const [value, ipForward] = fs.readFileSync(file, 'latin1').trim().split(' ');
  const index = Number(file.slice(file.lastIndexOf('-') + 1));
  const device = (await listDevices()).find((candidate) => candidate.index === index);
  // Forwarding that was switched on for all devices in the meantime (Docker does) is somebody's wish.
  const isWanted = ipForward === '0' && readIpForward() === '1';
  if (device && value && !isWanted) fs.writeFileSync(settingOf(device.name), value);
  fs.rmSync(file, { force: true });
}

/** The fd of the state file, which is there and locked; another run may have it locked, too. */
async function lockState(file: string): Promise<number> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const fd = check(open(file, O_RDWR | O_CREAT, 0o600), `open ${file}`);
    const locked = trySharedLock(fd);
    // Who had it for himself alone has removed the file since.
    if (locked === 0 && isStill(file, fd)) return fd;
    close(fd);
    if (locked < 0 && locked !== -Errno.EAGAIN) check(locked, `lock ${file}`);
    if (performance.now() > giveUpMs) {
      throw runtimeError('E_FORWARDING', `${file} is locked`, `see by whom: fuser -v ${file}`);
    }
    await sleep(RETRY_MS);
  }
}

function isStill(file: string, fd: number): boolean {
  const now = fs.statSync(file, { throwIfNoEntry: false });
  return now !== undefined && now.ino === fs.fstatSync(fd).ino;
}

function thisBoot(): string {
  const id = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
  return `${FORWARDING_STATE}${id.slice(0, 8)}-`;
}

/** What the names of this namespace's files begin with; a device's index follows. */
function prefix(): string {
  return `${thisBoot()}${networkCookie()}-`;
}

function settingOf(device: string): string {
  return `/proc/sys/net/ipv4/conf/${device}/forwarding`;
}

function readForwarding(device: string): string {
  return fs.readFileSync(settingOf(device), 'latin1').trim();
}

function readIpForward(): string {
  return fs.readFileSync('/proc/sys/net/ipv4/ip_forward', 'latin1').trim();
}
