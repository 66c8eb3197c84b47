/**
 * Makes the loop's code hot before the first real packet: the loop itself runs over throw-away ports
 * and an engine of its own until the compiler has done its work. Without it the first packets meet
 * code that is still interpreted, and are milliseconds late.
 *
 * The ports are of the real classes, so that the compiled code has seen what it will see: a pair of
 * sockets stands for each TAP, and what goes to device 0 the kernel refuses.
 */
import { Counters } from '../netem/counters.js';
import { Engine } from '../netem/engine.js';
import { Histogram } from '../netem/histogram.js';
import { PacketMemory } from '../netem/packet-memory.js';
import { ETHERNET_HEADER_BYTES } from '../packet/ethernet.js';
import {
  GsoType,
  OFFLOAD_HEADER_BYTES,
  OffloadFlag,
  writeOffloadHeader,
} from '../packet/offload-header.js';
import { LinkType } from '../packet/packet-view.js';
import { parseRules } from '../rules/parse.js';
import { Direction } from '../rules/rule.js';
import { CONTROL_WORDS, ControlWord } from './control-words.js';
import { type Clock, Forwarder } from './forwarder.js';
import type { Lane } from './lane.js';
import { runLiveLoop } from './live-loop.js';
import { PacketSocketPort } from './packet-socket-port.js';
import type { Recorder } from './recorder.js';
import { ReentryPort } from './reentry-port.js';
import { addressOf, close, eventFd, packetSocketPair, read, write } from './sys.js';
import { PortOffload } from './tun-device.js';
import { TunPort } from './tun-port.js';
import { Urgency } from './urgency.js';

const WARM_UP_NS = 150e6;
const MEMORY_BYTES = 8 * 2 ** 20;

/** Every way through the engine; 20 ms reach the wheel's second level, and port 5 matches no rule. */
const RULES = [
  'udp:1',
  'udp:2 loss 10%',
  'udp:3 delay 30us jitter 20us',
  'tcp:3 delay 500us',
  'tcp:4 delay 20ms loss 1%',
];
/** The long delay first: the loop sleeps until the next release when a turn brings nothing. */
const PORTS = [4, 3, 2, 1, 5];

/** Packets of a flow come together, and flows take turns. */
const FRAMES_IN_A_ROW = 3;

/** What one lane gets before a turn; a pair holds no more than 10 unless net.unix.max_dgram_qlen says so. */
const BURSTS = [10, 5, 1, 0, 2, 1, 1];

/** Takes WARM_UP_NS. `makeRecorder`: where the path will be recorded. */
export function warmUp(clock: Clock, makeRecorder: ((engine: Engine) => Recorder) | null): void {
  const memory = new PacketMemory(MEMORY_BYTES);
  const counters = new Counters();
  const rules = parseRules(RULES);
  const witnessed = makeRecorder !== null;
  const engine = new Engine({ memory, rules, seed: '', counters, witnessed });
  const [tx, txFar] = packetSocketPair();
  const [rx, rxFar] = packetSocketPair();
  const reentry = new ReentryPort(memory, rx, LinkType.ethernet, 0, PortOffload.all);
  const sender = new TunPort(memory, tx, LinkType.ethernet, PortOffload.all);
  const nowhere = new PacketSocketPort(memory, 0, 0, PortOffload.all);
  // As in the worker: compiled code tells arrays apart by how they were made.
  const opened = [0].flatMap((): Lane[] => [
    { direction: Direction.out, source: sender, target: nowhere, replies: reentry },
    { direction: Direction.in, source: reentry, target: reentry, replies: nowhere },
  ]);
  const lanes = [...opened];
  const forwarder = new Forwarder(
    engine,
    memory,
    lanes,
    clock,
    new Histogram(),
    undefined,
    makeRecorder?.(engine) ?? null,
  );
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  const wakeFd = eventFd();
  const feeder = new Feeder(txFar, rxFar);
  const endNs = clock.nowNs() + WARM_UP_NS;
  // The loop calls back before each turn in which this word is set.
  control[ControlWord.message] = 1;
  runLiveLoop({
    engine,
    forwarder,
    counters,
    lanes,
    clock,
    control,
    urgency: new Urgency(() => {}),
    wakeFd,
    watched: [],
    onMessage: (nowNs) => {
      feeder.feed();
      Atomics.store(control, nowNs < endNs ? ControlWord.message : ControlWord.stop, 1);
    },
    onLaneGone: () => {},
  });
  for (const fd of [tx, txFar, rx, rxFar, wakeFd]) close(fd);
  for (const port of [sender, reentry, nowhere]) port.close();
}

/** The far ends of the two pairs: sends frames of every kind into them, and reads what comes back. */
class Feeder {
  readonly #fds: readonly number[];
  readonly #frames = makeFrames();
  readonly #addresses = this.#frames.map((frame) => addressOf(frame));
  readonly #lengths = this.#frames.map((frame) => frame.length);
  readonly #returned = new Uint8Array(RETURNED_BYTES);
  readonly #returnedAddress = addressOf(this.#returned);
  #turn = 0;
  #sent = 0;

  constructor(...fds: readonly number[]) {
    this.#fds = fds;
  }

  feed(): void {
    const burst = BURSTS[this.#turn++ % BURSTS.length]!;
    for (const fd of this.#fds) {
      while (read(fd, this.#returnedAddress, RETURNED_BYTES) > 0);
      for (let i = 0; i < burst; i++) {
        const frame = Math.floor(this.#sent++ / FRAMES_IN_A_ROW) % this.#addresses.length;
        write(fd, this.#addresses[frame]!, this.#lengths[frame]!);
      }
    }
  }
}

/** More than anything that leaves. */
const RETURNED_BYTES = 4_096;

const UDP = 17;
const TCP = 6;
const OTHER_PORT = 40_000;
const PAYLOAD_BYTES = 64;
/** 64 bytes are one wire packet with the one, a train of four with the other. */
const SEGMENT_BYTES = [0, PAYLOAD_BYTES / 4];

function makeFrames(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const port of PORTS) {
    for (const protocol of [UDP, TCP]) {
      for (const version of [4, 6]) {
        for (const segmentBytes of SEGMENT_BYTES) {
          for (const isFrom of [false, true]) {
            frames.push(makeFrame(version, protocol, port, isFrom, segmentBytes));
          }
        }
      }
    }
  }
  return frames;
}

/** From the end that has the port, or to it, with the offload header that belongs before it. */
function makeFrame(
  version: number,
  protocol: number,
  port: number,
  isFrom: boolean,
  segmentBytes: number,
): Uint8Array {
  const transportBytes = protocol === UDP ? 8 : 20;
  const ip = OFFLOAD_HEADER_BYTES + ETHERNET_HEADER_BYTES;
  const upper = ip + (version === 4 ? 20 : 40);
  const headerBytes = upper + transportBytes - OFFLOAD_HEADER_BYTES;
  const frame = Buffer.alloc(upper + transportBytes + PAYLOAD_BYTES);
  const [source, destination] = isFrom ? [1, 2] : [2, 1];
  frame.writeUInt16BE(version === 4 ? 0x0800 : 0x86dd, ip - 2);
  if (version === 4) {
    frame[ip] = 0x45;
    frame.writeUInt16BE(frame.length - ip, ip + 2);
    frame[ip + 9] = protocol;
    frame[ip + 15] = source;
    frame[ip + 19] = destination;
  } else {
    frame[ip] = 0x60;
    frame.writeUInt16BE(frame.length - upper, ip + 4);
    frame[ip + 6] = protocol;
    frame[ip + 23] = source;
    frame[ip + 39] = destination;
  }
  frame.writeUInt16BE(isFrom ? port : OTHER_PORT, upper);
  frame.writeUInt16BE(isFrom ? OTHER_PORT : port, upper + 2);
  if (protocol === UDP) frame.writeUInt16BE(frame.length - upper, upper + 4);
  else frame[upper + 12] = 0x50;
  const tcpType = version === 4 ? GsoType.tcp4 : GsoType.tcp6;
  const trainType = protocol === UDP ? GsoType.udp : tcpType;
  writeOffloadHeader(
    frame,
    0,
    OffloadFlag.needsChecksum,
    segmentBytes === 0 ? GsoType.none : trainType,
    headerBytes,
    segmentBytes,
    upper - OFFLOAD_HEADER_BYTES,
    protocol === UDP ? 6 : 16,
  );
  return frame;
}
