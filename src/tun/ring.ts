/**
 * A batch by io_uring(7): requests and results lie in memory that is shared with the kernel, and one
 * call submits them all. Everything is asked for with RWF_NOWAIT, so that it is done, or refused,
 * before that call returns; and as kernel and loop never write at the same time, plain loads and
 * stores do.
 */
import { BATCH_CALLS, type Batch, CallBatch } from './batch.js';
import {
  addressOf,
  close,
  Errno,
  ioUringEnter,
  ioUringSetup,
  type Mapping,
  mapShared,
  read,
  unmap,
  write,
  writeVector,
} from './sys.js';

/**
 * For calls on `fd`: a ring, unless there is no io_uring (kernel.io_uring_disabled, the seccomp
 * profiles of containers) or the kernel cannot do these calls at once (TAPs: before Linux 6.4).
 */
export function openBatch(fd: number): Batch {
  const parameters = new Uint32Array(PARAMETERS_WORDS);
  const ringFd = ioUringSetup(BATCH_CALLS, addressOf(parameters));
  if (ringFd < 0) return new CallBatch();
  try {
    const ring = new Ring(ringFd, parameters);
    if (ring.works(fd)) return ring;
    ring.close();
  } catch {
    close(ringFd); // No memory that could be shared: then without.
  }
  return new CallBatch();
}

const Operation = { writeVector: 2, read: 22, write: 23 } as const;

/** `struct io_uring_sqe` in 32-bit words; of addresses the low word comes first. */
const REQUEST_WORDS = 16;
const OPERATION_AT = 0;
const FD_AT = 1;
const ADDRESS_AT = 4;
const BYTES_AT = 6;
const FLAGS_AT = 7;
const USER_DATA_AT = 8;
const RWF_NOWAIT = 8;

/** `struct io_uring_cqe` in 32-bit words. */
const COMPLETION_WORDS = 4;
const RESULT_AT = 2;

/** `struct io_uring_params` in 32-bit words; what it says of the two queues are offsets in bytes. */
const PARAMETERS_WORDS = 30;
const REQUESTS_MAX_AT = 0;
const COMPLETIONS_MAX_AT = 1;
const REQUEST_QUEUE_AT = 10;
const COMPLETION_QUEUE_AT = 20;
/** In both queues' offsets. */
const HEAD_AT = 0;
const TAIL_AT = 1;
const MASK_AT = 2;
const REQUEST_INDEXES_AT = 6;
const COMPLETIONS_AT = 5;

/** What mmap of the ring's fd gives, by the offset asked for. */
const QUEUES_OFFSET = 0;
const REQUESTS_OFFSET = 0x10000000;

class Ring implements Batch {
  readonly results = new Int32Array(BATCH_CALLS);
  count = 0;
  readonly #fd: number;
  readonly #queues: Mapping;
  readonly #requestMemory: Mapping;
  /** Both queues; indexes below are of words in it. */
  readonly #words: Int32Array;
  readonly #requests: Uint32Array;
  readonly #requestTailAt: number;
  readonly #requestMask: number;
  readonly #completionHeadAt: number;
  readonly #completionTailAt: number;
  readonly #completionMask: number;
  readonly #completionsAt: number;
  #tail = 0;

  constructor(fd: number, parameters: Uint32Array) {
    this.#fd = fd;
    const requestsMax = parameters[REQUESTS_MAX_AT]!;
    const completionsMax = parameters[COMPLETIONS_MAX_AT]!;
    const request = parameters.subarray(REQUEST_QUEUE_AT).map((bytes) => bytes / 4);
    const completion = parameters.subarray(COMPLETION_QUEUE_AT).map((bytes) => bytes / 4);
    const words = Math.max(
      request[REQUEST_INDEXES_AT]! + requestsMax,
      completion[COMPLETIONS_AT]! + completionsMax * COMPLETION_WORDS,
    );
    this.#queues = mapShared(fd, QUEUES_OFFSET, words * 4);
    this.#requestMemory = mapShared(fd, REQUESTS_OFFSET, requestsMax * REQUEST_WORDS * 4);
    this.#words = new Int32Array(this.#queues.memory);
    this.#requests = new Uint32Array(this.#requestMemory.memory);
    this.#requestTailAt = request[TAIL_AT]!;
    this.#requestMask = this.#words[request[MASK_AT]!]!;
    this.#completionHeadAt = completion[HEAD_AT]!;
    this.#completionTailAt = completion[TAIL_AT]!;
    this.#completionMask = this.#words[completion[MASK_AT]!]!;
    this.#completionsAt = completion[COMPLETIONS_AT]!;
    // Requests could be submitted in another order than that of their places; these never are.
    for (let i = 0; i < requestsMax; i++) this.#words[request[REQUEST_INDEXES_AT]! + i] = i;
  }

  /** Tries it with a read of no bytes, which takes no packet. */
  works(fd: number): boolean {
    this.read(fd, 0, 0);
    const submitted = this.#runAll(1);
    this.count = 0;
    return submitted === 1 && (this.results[0] === 0 || this.results[0] === -Errno.EAGAIN);
  }

  read(fd: number, address: number, bytes: number): void {
    this.#queue(Operation.read, fd, address, bytes);
  }

  write(fd: number, address: number, bytes: number): void {
    this.#queue(Operation.write, fd, address, bytes);
  }

  writeVector(fd: number, iovecsAddress: number, count: number): void {
    this.#queue(Operation.writeVector, fd, iovecsAddress, count);
  }

  #queue(operation: number, fd: number, address: number, bytes: number): void {
    const requests = this.#requests;
    const at = (this.#tail & this.#requestMask) * REQUEST_WORDS;
    requests[at + OPERATION_AT] = operation;
    requests[at + FD_AT] = fd;
    requests[at + ADDRESS_AT] = address;
    requests[at + ADDRESS_AT + 1] = address / 2 ** 32;
    requests[at + BYTES_AT] = bytes;
    requests[at + FLAGS_AT] = RWF_NOWAIT;
    requests[at + USER_DATA_AT] = this.count++;
    this.#tail = (this.#tail + 1) | 0;
  }

  run(): number {
    const { count } = this;
    if (count === 0) return 0;
    this.count = 0;
    if (count === 1) this.#runOne();
    else this.#runAll(count);
    return count;
  }

  /** The ring has a price of its own: for one request twice that of the plain call. */
  #runOne(): void {
    const requests = this.#requests;
    this.#tail = (this.#tail - 1) | 0;
    const at = (this.#tail & this.#requestMask) * REQUEST_WORDS;
    const fd = requests[at + FD_AT]! | 0;
    const address = requests[at + ADDRESS_AT]! + requests[at + ADDRESS_AT + 1]! * 2 ** 32;
    const operation = requests[at + OPERATION_AT];
    const bytes = requests[at + BYTES_AT]!;
    if (operation === Operation.read) this.results[0] = read(fd, address, bytes);
    else if (operation === Operation.write) this.results[0] = write(fd, address, bytes);
    else this.results[0] = writeVector(fd, address, bytes);
  }

  /** Returns how many were submitted. */
  #runAll(count: number): number {
    const { results } = this;
    const words = this.#words;
    words[this.#requestTailAt] = this.#tail;
    const submitted = Math.max(ioUringEnter(this.#fd, count, count), 0);
    if (submitted < count) this.#takeBack(submitted, count);
    let head = words[this.#completionHeadAt]!;
    const tail = words[this.#completionTailAt]!;
    for (; head !== tail; head = (head + 1) | 0) {
      const at = this.#completionsAt + (head & this.#completionMask) * COMPLETION_WORDS;
      results[words[at]!] = words[at + RESULT_AT]!;
    }
    words[this.#completionHeadAt] = head;
    return submitted;
  }

  /** The kernel had no memory for the last ones. */
  #takeBack(submitted: number, count: number): void {
    this.#tail = (this.#tail - (count - submitted)) | 0;
    this.#words[this.#requestTailAt] = this.#tail;
    this.results.fill(-Errno.EAGAIN, submitted, count);
  }

  close(): void {
    unmap(this.#queues);
    unmap(this.#requestMemory);
    close(this.#fd);
  }
}
