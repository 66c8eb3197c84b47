/**
 * The live loop's thread. It builds the engine over the fds and the shared memory that the main
 * thread hands over, then blocks in the kernel for the rest of its life.
 *
 *     main thread                                   this thread
 *     rules, stop      ── message port + flag ──▶   engine.configure, end
 *     counters         ◀── shared memory ────────   publish()
 *     device changes   ◀── message port ─────────   netlink socket
 */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { toPlainError } from '../errors.js';
import { Counters } from '../netem/counters.js';
import { DelayTable } from '../netem/delay-table.js';
import { BY_FLOW, Engine } from '../netem/engine.js';
import { Histogram } from '../netem/histogram.js';
import { PacketMemory } from '../netem/packet-memory.js';
import { LinkType } from '../packet/packet-view.js';
import { makeRing } from '../pcap/recording/ring.js';
import { RingRecorder } from '../pcap/recording/ring-recorder.js';
import { mayHold } from '../rules/may-hold.js';
import { Direction, type Rule } from '../rules/rule.js';
import { MonotonicClock, wallClockOffsetNs } from './clock.js';
import { ControlWord } from './control-words.js';
import { Forwarder } from './forwarder.js';
import type { Lane } from './lane.js';
import { LinkMonitor } from './link-monitor.js';
import {
  type ConfigureMessage,
  hasOffload,
  type LiveConfig,
  type LiveDevice,
  type LivePair,
  type LoopMessage,
  recordedDevices,
} from './live-config.js';
import { runLiveLoop } from './live-loop.js';
import { PacketSocketPort } from './packet-socket-port.js';
import { RawIpPort } from './raw-ip-port.js';
import { ReentryPort } from './reentry-port.js';
import { setThreadNice, setTimerSlackNs } from './sys-process.js';
import { PortOffload, portOffload } from './tun-device.js';
import { TunPort } from './tun-port.js';
import { Urgency } from './urgency.js';
import { warmUp } from './warm-up.js';

const port = parentPort as MessagePort;

function say(message: LoopMessage): void {
  port.postMessage(message);
}

/** The TUN/TAP fds are the main thread's to close. */
function openLanes(memory: PacketMemory, device: LiveDevice, config: LiveConfig): Lane[] {
  const { mark, instanceIndex } = config;
  const { linkType } = device;
  const isOffloading = config.offload && hasOffload(device);
  const offload = isOffloading ? portOffload(device.txFd) : PortOffload.none;
  const tx = new TunPort(memory, device.txFd, linkType, offload);
  if (device.loopback) {
    const target = new RawIpPort(memory, device.name, mark);
    return [{ direction: BY_FLOW, source: tx, target, replies: target }];
  }
  const rx = new ReentryPort(memory, device.rxFd, linkType, instanceIndex, offload);
  const out = new PacketSocketPort(memory, device.index, mark, offload);
  return [
    { direction: Direction.out, source: tx, target: out, replies: rx },
    { direction: Direction.in, source: rx, target: rx, replies: out },
  ];
}

function openPair(memory: PacketMemory, pair: LivePair, isOffloading: boolean): Lane[] {
  const offload = isOffloading ? portOffload(pair.nearFd) : PortOffload.none;
  const near = new TunPort(memory, pair.nearFd, LinkType.rawIp, offload);
  const far = new TunPort(memory, pair.farFd, LinkType.rawIp, offload);
  return [
    { direction: Direction.out, source: near, target: far, replies: near },
    { direction: Direction.in, source: far, target: near, replies: far },
  ];
}

/** Of lanes by their order; `laneDevices`: the device of each. */
function openRecorder(
  { ring, devices, pairs }: LiveConfig,
  { memory, ruling }: Engine,
  laneDevices: readonly string[],
  clock: MonotonicClock,
): RingRecorder | null {
  if (ring === null) return null;
  const names = recordedDevices(devices, pairs);
  const deviceOfLane = Uint8Array.from(laneDevices, (name) => names.indexOf(name));
  return new RingRecorder(ring, memory, ruling, deviceOfLane, wallClockOffsetNs(clock));
}

/** Enough for the trial to see it full, too. */
const TRIAL_RING_BYTES = 4 * 2 ** 20;

function makeTrialRecorder({ memory, ruling }: Engine): RingRecorder {
  return new RingRecorder(makeRing(TRIAL_RING_BYTES), memory, ruling, new Uint8Array(2), 0n);
}

function run(config: LiveConfig): void {
  setTimerSlackNs(1);
  const memory = new PacketMemory(config.memoryBytes);
  const counters = new Counters(config.counters);
  const { rules, seed } = config;
  const delays = new DelayTable(config.delays);
  // The rules come into force when the path does: their schedules begin then.
  const witnessed = config.ring !== null;
  const engine = new Engine({ memory, rules: [], seed, counters, delays, witnessed });
  const clock = new MonotonicClock();
  warmUp(clock, witnessed ? makeTrialRecorder : null);
  const laneDevices: string[] = [];
  const named = (name: string, opened: Lane[]) => {
    laneDevices.push(...opened.map(() => name));
    return opened;
  };
  const lanes = [
    ...config.devices.flatMap((device) => named(device.name, openLanes(memory, device, config))),
    ...config.pairs.flatMap((pair) => named(pair.name, openPair(memory, pair, config.offload))),
  ];
  const lateness = new Histogram(config.lateness);
  const control = new Int32Array(config.control);
  const pulse = () => Atomics.add(control, ControlWord.turns, 1);
  const recorder = openRecorder(config, engine, laneDevices, clock);
  const forwarder = new Forwarder(engine, memory, lanes, clock, lateness, pulse, recorder);
  const monitor = new LinkMonitor();
  const watchedIndexes = new Set(config.devices.map((device) => device.index));

  const rowsInForce = (count: number) =>
    Array.from({ length: count }, (_, rule) => [
      engine.rowOf(rule, Direction.out),
      engine.rowOf(rule, Direction.in),
    ]) as [number, number][];

  const urgency = new Urgency(setThreadNice);
  const apply = (rules: readonly Rule[], nowNs: number, number: number) => {
    forwarder.configure(rules, nowNs, number);
    urgency.configure(rules.some(mayHold));
  };

  const configure = (message: ConfigureMessage, nowNs: number) => {
    try {
      apply(message.rules, nowNs, message.number);
    } catch (error) {
      say({ kind: 'refused', error: toPlainError(error) });
      return;
    }
    counters.publish();
    const rows = rowsInForce(message.rules.length);
    say({ kind: 'configured', epoch: counters.epoch, rows });
  };

  apply(rules, clock.nowNs(), 0);
  counters.publish();
  say({ kind: 'ready', epoch: counters.epoch, rows: rowsInForce(rules.length) });
  runLiveLoop({
    engine,
    forwarder,
    counters,
    lanes,
    clock,
    control,
    urgency,
    wakeFd: config.wakeFd,
    watched: [
      {
        fd: monitor.fd,
        onReadable: () => {
          for (const change of monitor.read()) {
            if (watchedIndexes.has(change.index)) say({ kind: 'link', change });
          }
        },
      },
    ],
    onMessage: (nowNs) => {
      for (;;) {
        const received = receiveMessageOnPort(port);
        if (!received) return;
        configure(received.message as ConfigureMessage, nowNs);
      }
    },
    onLaneGone: (lane) => say({ kind: 'laneGone', device: laneDevices[lane]! }),
  });
  for (const port of new Set(lanes.flatMap(({ source, target }) => [source, target]))) port.close();
  monitor.close();
  say({ kind: 'ended' });
}

run(workerData as LiveConfig);
