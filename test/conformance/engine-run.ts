/**
 * The engine offline, in virtual time, with the packets that the guest sent: the same sizes at the same
 * times. What comes out is a log as the guest's own.
 */
import { Verdict } from '../../src/netem/engine.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { Direction } from '../../src/rules/rule.js';
import { EngineDriver } from '../netem/engine-driver.js';
import { ethernet, ipv4, udp } from '../support/packets.js';
import { Flipped, type Log } from './measurement.js';

const ETHERNET_BYTES = 14;
const HEADER_BYTES = ETHERNET_BYTES + 20 + 8;
/** As guest/numbered.c writes the number, so that one flipped bit cannot make it another. */
const NUMBER_COPIES = 3;
const PORT = 9000;
/** More than the longest backlog: 2 s of 1 Mbit/s. */
const MEMORY_BYTES = 64 * 2 ** 20;

/** Throws a NetemuError for a rule that there is not. */
export function runEngine(rule: string, sent: Log, seed: string): Log {
  const driver = new EngineDriver([rule], { seed, memoryBytes: MEMORY_BYTES });
  const { engine } = driver;
  const arrivals = new Arrivals(sent.sentBytes);
  const drain = () => {
    for (const { frame, deadlineNs } of driver.released) arrivals.add(frame, deadlineNs);
    driver.released.length = 0;
  };
  for (let number = 0; number < sent.sentNs.length; number++) {
    const nowNs = sent.sentNs[number];
    driver.expire(nowNs);
    drain();
    const frame = arrivals.frameOf(number);
    const verdict = driver.send(frame, Direction.out, nowNs, LinkType.ethernet);
    if (verdict === Verdict.pass) arrivals.add(driver.staged, nowNs);
  }
  while (engine.nextDeadline() < Number.POSITIVE_INFINITY) {
    driver.expire(engine.nextDeadline());
    drain();
  }
  return {
    sentNs: sent.sentNs,
    sentBytes: sent.sentBytes,
    arrivalNs: Float64Array.from(arrivals.timesNs),
    arrivalNumber: Uint32Array.from(arrivals.numbers),
    arrivalFlips: Uint8Array.from(arrivals.flips),
  };
}

class Arrivals {
  readonly timesNs: number[] = [];
  readonly numbers: number[] = [];
  readonly flips: number[] = [];
  readonly #sentBytes: Uint32Array;
  /** By IP length, each with the number of the packet that it was used for last. */
  readonly #frames = new Map<number, Buffer>();

  constructor(sentBytes: Uint32Array) {
    this.#sentBytes = sentBytes;
  }

  /** The frame as it is sent; good until the next one of its length. */
  frameOf(number: number): Buffer {
    const ipBytes = this.#sentBytes[number];
    let frame = this.#frames.get(ipBytes);
    if (frame === undefined) {
      const payload = new Uint8Array(ipBytes + ETHERNET_BYTES - HEADER_BYTES);
      const packet = ipv4('192.0.2.1', '192.0.2.2', udp(PORT, PORT, payload));
      frame = Buffer.from(ethernet(packet));
      // No checksum: it would have to change with the number.
      frame.writeUInt16BE(0, HEADER_BYTES - 2);
      this.#frames.set(ipBytes, frame);
    }
    for (let i = 0; i < NUMBER_COPIES; i++) frame.writeUInt32LE(number, HEADER_BYTES + 4 * i);
    return frame;
  }

  add(bytes: Uint8Array, timeNs: number): void {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const copies = [0, 1, 2].map((i) => frame.readUInt32LE(HEADER_BYTES + 4 * i));
    const number = copies[0] === copies[1] || copies[0] === copies[2] ? copies[0] : copies[1];
    const whole = this.frameOf(number);
    const differs = (from: number, to?: number) =>
      !frame.subarray(from, to).equals(whole.subarray(from, to));
    const header = differs(0, HEADER_BYTES) ? Flipped.header : 0;
    const payload = differs(HEADER_BYTES) ? Flipped.payload : 0;
    this.timesNs.push(timeNs);
    this.numbers.push(number);
    this.flips.push(header | payload);
  }
}
