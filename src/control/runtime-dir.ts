/**
 * Where instances are found: a directory of the user's own with, for each instance, a claim
 * `NAME.pid` (a symbolic link to nowhere, whose text tells the process) and a socket `NAME.sock`. A
 * claim whose process is gone is stale, and so is its socket: both are cleared by whoever notices.
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { environmentError, type NetemuError, usageError } from '../errors.js';

/** Kernel interface names (at most 15 bytes) are made from it. */
const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_.-]{0,10}$/;

/** sun_path of unix(7) has 108 bytes with its terminating zero. */
const SOCKET_PATH_BYTES_MAX = 107;

export interface Claim {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks since boot: tells a reused pid apart. */
  readonly startTicks: string;
  /** The pid namespace in which `pid` means something. */
  readonly pidNamespace: string;
}

/** Directory of the sockets: $NETEMU_RUNTIME_DIR, else the common one. */
export function runtimeDir(): string {
  const override = process.env.NETEMU_RUNTIME_DIR;
  return override ? path.resolve(override) : commonDir();
}

/**
 * /run/netemu for root, else $XDG_RUNTIME_DIR/netemu, else /tmp/netemu-UID: for what all instances have to
 * do with, whatever their own directory is. Inside a user namespace it is the directory of the user
 * outside, so that both sides see the same instances.
 */
export function commonDir(): string {
  const uid = outerUid();
  if (uid === 0) return '/run/netemu';
  const xdg = process.env.XDG_RUNTIME_DIR;
  return xdg ? path.join(xdg, 'netemu') : `/tmp/netemu-${uid}`;
}

/** Makes the directory (mode 0700). Errors: E_RUNTIME_DIR when it is not ours alone. */
export function ensureRuntimeDir(): string {
  return ensureDir(runtimeDir());
}

/** The same for the common one, and in its place the own directory where that cannot be had. */
export function ensureCommonDir(): string {
  try {
    return ensureDir(commonDir());
  } catch {
    return ensureRuntimeDir();
  }
}

function ensureDir(dir: string): string {
  try {
    // Not recursive: below /proc, Node 20 would try for ever.
    if (!fs.existsSync(dir)) fs.mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    throw runtimeDirError(`cannot make the directory ${dir}: ${(error as Error).message}`);
  }
  // In /tmp another user may have made it first, to listen in: lstat, so a link does not pass.
  const stat = fs.lstatSync(dir);
  if (!stat.isDirectory()) throw runtimeDirError(`${dir} is not a directory`);
  if (stat.uid !== process.getuid?.()) throw runtimeDirError(`${dir} belongs to another user`);
  if ((stat.mode & 0o077) !== 0) fs.chmodSync(dir, 0o700);
  return dir;
}

function runtimeDirError(message: string): NetemuError {
  const mend = 'set NETEMU_RUNTIME_DIR to a directory of your own';
  return environmentError('E_RUNTIME_DIR', message, mend);
}

export function socketPath(name: string): string {
  const file = path.join(runtimeDir(), `${name}.sock`);
  if (Buffer.byteLength(file) > SOCKET_PATH_BYTES_MAX) {
    const message = `the socket path ${file} is longer than ${SOCKET_PATH_BYTES_MAX} bytes`;
    throw runtimeDirError(message);
  }
  return file;
}

/** Errors: E_NAME. */
export function checkName(name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw usageError(
    'E_NAME',
    `--name ${JSON.stringify(name)}: a name is 1 to 11 characters, a letter first, then letters, digits, "_", "." or "-"`,
    'without --name the first free of n1, n2 … is taken',
  );
}

/**
 * Takes a name for this process and claims it until `releaseName`. The caller holds a lock, so
 * that two processes do not clear the same stale claim. `inKernel` are names that devices and
 * tables here carry, of instances with another runtime directory too. Errors: E_NAME, E_NAME_TAKEN.
 */
export function chooseName(requested: string | null, inKernel: readonly string[] = []): string {
  ensureRuntimeDir();
  if (requested !== null) {
    checkName(requested);
    if (!inKernel.includes(requested) && claimName(requested)) return requested;
    const pid = isClaimed(requested) ? readClaim(requested)?.pid : undefined;
    const down = pid ? `netemu down ${requested} stops it; ` : '';
    throw usageError(
      'E_NAME_TAKEN',
      `--name ${requested}: an instance of that name is running${pid ? ` (pid ${pid})` : ''}`,
      `${down}without --name a free name is chosen`,
    );
  }
  for (let number = 1; ; number++) {
    const name = `n${number}`;
    if (!inKernel.includes(name) && claimName(name)) return name;
  }
}

/** False when a living process has the name. */
function claimName(name: string): boolean {
  if (isClaimed(name)) return false;
  clearTraces(name);
  fs.rmSync(endNotePath(name), { force: true });
  try {
    // A symbolic link appears with its content, in one step, and fails when the name is there.
    fs.symlinkSync(`${process.pid} ${startTicks(process.pid)} ${pidNamespace()}`, claimPath(name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Gives the name back; harmless when this process does not have it. */
export function releaseName(name: string): void {
  if (readClaim(name)?.pid === process.pid) clearTraces(name);
}

/** Gives back every name this process has claimed, also of an instance that failed to start. */
export function releaseNames(): void {
  for (const name of namesWith('.pid')) releaseName(name);
}

/** Whether a process has the name, as far as can be told. */
export function isClaimed(name: string): boolean {
  const claim = readClaim(name);
  return claim !== null && ownerOf(claim) !== 'dead';
}

/** Unknown: the claim comes from a container that shares the directory but not the process ids. */
export function ownerOf(claim: Claim): 'alive' | 'dead' | 'unknown' {
  if (claim.pidNamespace !== pidNamespace()) return 'unknown';
  return startTicks(claim.pid) === claim.startTicks ? 'alive' : 'dead';
}

export function readClaim(name: string): Claim | null {
  let text: string;
  try {
    text = fs.readlinkSync(claimPath(name));
  } catch {
    return null;
  }
  const [pid, startTicks, pidNamespace] = text.split(' ');
  if (startTicks === undefined || pidNamespace === undefined) return null;
  return { pid: Number(pid), startTicks, pidNamespace };
}

/** Removes the socket and the claim of an instance that is gone. */
export function clearTraces(name: string): void {
  fs.rmSync(path.join(runtimeDir(), `${name}.sock`), { force: true });
  fs.rmSync(claimPath(name), { force: true });
}

/**
 * Names of the instances that have a socket, n2 before n10. What processes that are known to be
 * dead left behind is cleared; a socket without a claim is left to whoever connects to it.
 */
export function instanceNames(): string[] {
  for (const name of namesWith('.pid')) {
    if (!isClaimed(name)) clearTraces(name);
  }
  return namesWith('.sock');
}

/**
 * Leaves word of why a detached instance ended by itself, for whoever asks for it later; it stays
 * until the name is taken again.
 */
export function noteEnd(name: string, reason: string): void {
  fs.writeFileSync(endNotePath(name), reason, { mode: 0o600 });
}

/** Null when the instance ended as it was told to, or never was. */
export function endNote(name: string): string | null {
  try {
    return fs.readFileSync(endNotePath(name), 'utf8');
  } catch {
    return null;
  }
}

function endNotePath(name: string): string {
  return path.join(runtimeDir(), `${name}.end`);
}

function namesWith(suffix: string): string[] {
  let files: string[];
  try {
    files = fs.readdirSync(runtimeDir());
  } catch {
    return [];
  }
  const names = files
    .filter((file) => file.endsWith(suffix))
    .map((f) => f.slice(0, -suffix.length));
  return names
    .filter((name) => NAME_PATTERN.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function claimPath(name: string): string {
  return path.join(runtimeDir(), `${name}.pid`);
}

/** '' when there is no such process (a zombie counts as gone: it holds nothing any more). */
function startTicks(pid: number): string {
  try {
    // proc(5): the second field, the program's name, may hold spaces and parentheses.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : fields[19]!;
  } catch {
    return '';
  }
}

function pidNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
}

/** user_namespaces(7): the first line of uid_map is "ID-inside ID-outside length". */
function outerUid(): number {
  const uid = process.getuid?.() ?? 0;
  try {
    for (const line of fs.readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')) {
      const [inside, outside, length] = line.trim().split(/\s+/).map(Number) as [
        number,
        number,
        number,
      ];
      if (uid >= inside && uid < inside + length) return outside + uid - inside;
    }
  } catch {
    // No /proc: nothing better is known than the uid itself.
  }
  return uid;
}
