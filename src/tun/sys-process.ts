/**
 * System calls about this process and its threads, beside those of sys.ts and bound like them: network
 * namespaces, priorities, what children inherit and when they die, locks that they share, core dumps,
 * what the kernel knows of its connections.
 */
import { readdirSync } from 'node:fs';
import koffi from 'koffi';
import {
  addressOf,
  check,
  close,
  O_NONBLOCK,
  rawSocket,
  result,
  SocketFamily,
  SocketLevel,
} from './sys.js';

const libc = koffi.load(null);

const raw = {
  unshare: libc.func('int unshare(int flags)'),
  setns: libc.func('int setns(int fd, int type)'),
  setpriority: libc.func('int setpriority(int which, unsigned int who, int priority)'),
  fcntl: libc.func('int fcntl(int fd, int command, long argument)'),
  flock: libc.func('int flock(int fd, int operation)'),
  prctl: libc.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  ),
  getsockopt: libc.func(
    'int getsockopt(int fd, int level, int name, uintptr_t value, uintptr_t bytes)',
  ),
  setsockopt: libc.func(
    'int setsockopt(int fd, int level, int name, uintptr_t value, uint32_t bytes)',
  ),
} as const;

const CLONE_NEWNET = 0x40000000;

/** Moves the calling thread, and what it makes from now on, into a new network namespace. */
export function unshareNetwork(): number {
  return result(raw.unshare(CLONE_NEWNET));
}

/** Moves the calling thread, and all threads and children it makes from now on, into the namespace. */
export function enterNetworkNamespace(fd: number): number {
  return result(raw.setns(fd, CLONE_NEWNET));
}

const SO_NETNS_COOKIE = 71;

/** Number of the calling thread's network namespace, never given twice before the next boot; Linux 5.14. */
export function networkCookie(): bigint {
  const fd = check(rawSocket(SocketFamily.netlink, 0), 'make a netlink socket');
  const cookie = new BigUint64Array(1);
  const bytes = new Uint32Array([cookie.byteLength]);
  const option = [SocketLevel.socket, SO_NETNS_COOKIE] as const;
  const asked = result(raw.getsockopt(fd, ...option, addressOf(cookie), addressOf(bytes)));
  close(fd);
  check(asked, 'ask for the number of the network namespace');
  return cookie[0]!;
}

const IPPROTO_TCP = 6;
const TCP_INFO = 11;

/** Fills `info` as far as the kernel's `struct tcp_info` goes; returns how many bytes that is, or −errno. */
export function readTcpInfo(fd: number, info: ArrayBufferView): number {
  const bytes = new Uint32Array([info.byteLength]);
  const asked = raw.getsockopt(fd, IPPROTO_TCP, TCP_INFO, addressOf(info), addressOf(bytes));
  return asked === 0 ? bytes[0]! : result(asked);
}

const SO_LINGER = 13;

/** TCP: closing it discards what is not sent yet, and sends a reset; nothing is sent again afterwards. */
export function setResetOnClose(fd: number): number {
  const linger = new Int32Array([1, 0]);
  const option = [SocketLevel.socket, SO_LINGER] as const;
  return result(raw.setsockopt(fd, ...option, addressOf(linger), linger.byteLength));
}

const PR_SET_TIMERSLACK = 29;

/** The kernel's default of 50 µs would make every timed wake-up of this thread that much later. */
export function setTimerSlackNs(slackNs: number): number {
  return result(raw.prctl(PR_SET_TIMERSLACK, slackNs, 0, 0, 0));
}

const PRIO_PROCESS = 0;

/** The nice value of the calling thread, from −20 (goes first) to 19. */
export function setThreadNice(nice: number): number {
  return result(raw.setpriority(PRIO_PROCESS, 0, nice));
}

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** The kernel kills this process when the thread that started it ends, even if it is stopped. */
export function dieWithParent(): number {
  return result(raw.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}

const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** What this process has open now. */
export function openFds(): ReadonlySet<number> {
  const listed = readdirSync('/proc/self/fd').map(Number);
  // One of them was the list's own.
  return new Set(listed.filter((fd) => raw.fcntl(fd, F_GETFD, 0) >= 0));
}

/** Programs that are started from now on do not inherit it. */
export function closeOnExec(fd: number): void {
  raw.fcntl(fd, F_SETFD, FD_CLOEXEC);
}

const F_GETFL = 3;
const F_SETFL = 4;

/**
 * Node makes pipes that it writes to non-blocking, and so for every process that shares them: few
 * programs expect EAGAIN on their standard output. Ignores what is not open.
 */
export function makeBlocking(fd: number): void {
  const flags = result(raw.fcntl(fd, F_GETFL, 0));
  if (flags >= 0 && (flags & O_NONBLOCK) !== 0) raw.fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Tries for the whole-file lock, which ends with the fd; −EAGAIN when another process has it. */
export function tryLock(fd: number): number {
  return result(raw.flock(fd, LOCK_EX | LOCK_NB));
}

/** Tries for the whole-file lock that many may have; it ends with the last copy of the fd. */
export function trySharedLock(fd: number): number {
  return result(raw.flock(fd, LOCK_SH | LOCK_NB));
}

const PR_SET_DUMPABLE = 4;

/** A process that ends by the signal of another's crash must not leave a core file of its own. */
export function forbidCoreDump(): void {
  raw.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
