/**
 * The system calls that Node does not offer, bound with koffi: here those of the data path, in sys-process.ts
 * those that concern processes and namespaces.
 *
 * Memory is passed as plain numbers (address of an ArrayBuffer + offset): an address is exact in a
 * double, ArrayBuffers do not move, and it spares the typed-array marshalling of each call
 * (write of 100 bytes to /dev/null: 0.35 µs). Whoever passes an address keeps its buffer alive.
 *
 * Calls return what the kernel returns, or −errno. The numbers are those of the generic Linux ABI
 * (x86-64, arm64, riscv64).
 */
import koffi from 'koffi';
import { runtimeError } from '../errors.js';

const libc = koffi.load(null);

export const Errno = { EINTR: 4, EAGAIN: 11, EBUSY: 16, EINVAL: 22, EBADFD: 77 } as const;

const raw = {
  open: libc.func('int open(const char *path, int flags, int mode)'),
  close: libc.func('int close(int fd)'),
  read: libc.func('long read(int fd, uintptr_t buffer, size_t bytes)'),
  write: libc.func('long write(int fd, uintptr_t buffer, size_t bytes)'),
  writev: libc.func('long writev(int fd, uintptr_t iovecs, int count)'),
  ioctl: libc.func('int ioctl(int fd, unsigned long request, uintptr_t argument)'),
  ppoll: libc.func(
    'int ppoll(uintptr_t fds, unsigned long count, uintptr_t timeout, uintptr_t mask)',
  ),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, uintptr_t address, uint32_t bytes)'),
  setsockopt: libc.func(
    'int setsockopt(int fd, int level, int name, uintptr_t value, uint32_t bytes)',
  ),
  sendto: libc.func(
    'long sendto(int fd, uintptr_t buffer, size_t bytes, int flags, uintptr_t address, uint32_t addressBytes)',
  ),
  sendmmsg: libc.func('int sendmmsg(int fd, uintptr_t messages, unsigned int count, int flags)'),
  socketpair: libc.func('int socketpair(int domain, int type, int protocol, uintptr_t fds)'),
  recv: libc.func('long recv(int fd, uintptr_t buffer, size_t bytes, int flags)'),
  eventfd: libc.func('int eventfd(unsigned int initial, int flags)'),
  ioUringSetup: libc.func('long syscall(long number, unsigned int entries, uintptr_t parameters)'),
  ioUringEnter: libc.func(
    'long syscall(long number, int fd, unsigned int submit, unsigned int complete, unsigned int flags, uintptr_t mask, size_t maskBytes)',
  ),
  mmap: libc.func(
    'void *mmap(uintptr_t address, size_t bytes, int protection, int flags, int fd, long offset)',
  ),
  munmap: libc.func('int munmap(void *address, size_t bytes)'),
  clockGettime: libc.func('int clock_gettime(int clock, uintptr_t time)'),
  strerror: libc.func('const char *strerror(int error)'),
} as const;

/** What a call returned, or −errno. */
export function result(returned: number): number {
  return returned < 0 ? -koffi.errno() : returned;
}

/** The address of a view's first byte, as a number. */
export function addressOf(view: ArrayBufferView): number {
  return Number(koffi.address(view));
}

/** Returns `result` or throws what was attempted and why the kernel refused it. */
export function check(returned: number, attempted: string, mend?: string): number {
  if (returned >= 0) return returned;
  throw runtimeError('E_SYSCALL', `${attempted}: ${raw.strerror(-returned) as string}`, mend);
}

export const O_RDONLY = 0;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** Close-on-exec always: a child that kept a TUN's fd would keep the device alive. */
export function open(path: string, flags: number, mode = 0): number {
  return result(raw.open(path, flags | O_CLOEXEC, mode));
}

export function close(fd: number): number {
  return result(raw.close(fd));
}

export function read(fd: number, address: number, bytes: number): number {
  return result(raw.read(fd, address, bytes));
}

export function write(fd: number, address: number, bytes: number): number {
  return result(raw.write(fd, address, bytes));
}

/** One `struct iovec`: address, length. */
export const IOVEC_BYTES = 16;

/** Several pieces of memory as one write. */
export function writeVector(fd: number, iovecsAddress: number, count: number): number {
  return result(raw.writev(fd, iovecsAddress, count));
}

export const SocketFamily = { inet: 2, inet6: 10, netlink: 16, packet: 17 } as const;
const AF_UNIX = 1;
const SOCK_RAW = 3;
const SOCK_SEQPACKET = 5;
const MSG_DONTWAIT = 0x40;

/** A raw, non-blocking socket. */
export function rawSocket(family: number, protocol: number): number {
  return result(raw.socket(family, SOCK_RAW | O_NONBLOCK | O_CLOEXEC, protocol));
}

export function bind(fd: number, address: Uint8Array): number {
  return result(raw.bind(fd, addressOf(address), address.byteLength));
}

export const SocketLevel = { socket: 1, ipv6: 41, packet: 263 } as const;
export const SocketOption = {
  bindToDevice: 25,
  sendBufferForce: 32,
  receiveBufferForce: 33,
  packetVnetHeader: 15,
  mark: 36,
  ipv6HeaderIncluded: 36,
} as const;

export function setIntOption(fd: number, level: number, option: number, value: number): number {
  const bytes = new Int32Array([value]);
  return result(raw.setsockopt(fd, level, option, addressOf(bytes), 4));
}

/** SO_BINDTODEVICE. */
export function bindToDevice(fd: number, device: string): number {
  const name = Buffer.from(`${device}\0`);
  const option = SocketOption.bindToDevice;
  return result(raw.setsockopt(fd, SocketLevel.socket, option, addressOf(name), name.length));
}

/** Never waits for room in the socket's buffer. */
export function sendTo(
  fd: number,
  address: number,
  bytes: number,
  toAddress: number,
  toBytes: number,
): number {
  return result(raw.sendto(fd, address, bytes, MSG_DONTWAIT, toAddress, toBytes));
}

/** One `struct mmsghdr`: name, its length, iovec, count of iovecs, … as on all 64-bit platforms. */
export const MMSGHDR_BYTES = 64;

/** Several `sendTo` in one call; returns how many were sent before the first that was refused. */
export function sendMessages(fd: number, messagesAddress: number, count: number): number {
  return result(raw.sendmmsg(fd, messagesAddress, count, MSG_DONTWAIT));
}

export function receive(fd: number, address: number, bytes: number): number {
  return result(raw.recv(fd, address, bytes, MSG_DONTWAIT));
}

/** Two connected, non-blocking sockets that keep what is written apart, as a TAP does. */
export function packetSocketPair(): [number, number] {
  const fds = new Int32Array(2);
  const kind = SOCK_SEQPACKET | O_NONBLOCK | O_CLOEXEC;
  check(result(raw.socketpair(AF_UNIX, kind, 0, addressOf(fds))), 'make a pair of sockets');
  return [fds[0]!, fds[1]!];
}

export function eventFd(): number {
  return result(raw.eventfd(0, O_NONBLOCK | O_CLOEXEC));
}

export const POLLIN = 1;
export const POLLOUT = 4;
/** One `struct pollfd`: int32 fd, int16 events, int16 revents. */
export const POLLFD_BYTES = 8;

/** Waits until a fd is ready or `timeout` (a `struct timespec`) is over; EINTR counts as nothing ready. */
export function ppoll(fdsAddress: number, count: number, timeoutAddress: number): number {
  const ready = raw.ppoll(fdsAddress, count, timeoutAddress, 0) as number;
  if (ready >= 0) return ready;
  const error = koffi.errno();
  return error === Errno.EINTR ? 0 : -error;
}

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** Writes CLOCK_MONOTONIC as a `struct timespec`; 62 ns a call. */
export function readMonotonicClock(timeAddress: number): void {
  raw.clockGettime(CLOCK_MONOTONIC, timeAddress);
}

/** The same for CLOCK_REALTIME. */
export function readWallClock(timeAddress: number): void {
  raw.clockGettime(CLOCK_REALTIME, timeAddress);
}

const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
const IORING_ENTER_GETEVENTS = 1;

/** `parametersAddress`: a `struct io_uring_params`. The fd is close-on-exec. */
export function ioUringSetup(entries: number, parametersAddress: number): number {
  return result(raw.ioUringSetup(SYS_IO_URING_SETUP, entries, parametersAddress));
}

/** Submits requests and waits until that many are complete; returns how many were submitted. */
export function ioUringEnter(fd: number, submit: number, complete: number): number {
  const flags = IORING_ENTER_GETEVENTS;
  return result(raw.ioUringEnter(SYS_IO_URING_ENTER, fd, submit, complete, flags, 0, 0));
}

/** Memory shared with the kernel; after `unmap` nothing may touch it. */
export interface Mapping {
  readonly memory: ArrayBuffer;
  readonly pointer: unknown;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MAP_FAILED = 2n ** 64n - 1n;

export function mapShared(fd: number, offset: number, bytes: number): Mapping {
  const pointer = raw.mmap(0, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset);
  if (koffi.address(pointer) === MAP_FAILED) check(-koffi.errno(), 'map memory of the kernel');
  return { memory: koffi.view(pointer, bytes), pointer };
}

export function unmap({ memory, pointer }: Mapping): void {
  raw.munmap(pointer, memory.byteLength);
}

/** `argument`: a number, or the address of what the request is about. */
export function ioctl(fd: number, request: number, argument: number): number {
  return result(raw.ioctl(fd, request, argument));
}
