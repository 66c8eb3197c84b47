/**
 * The engine for programs that have packets and a clock of their own: a proxy, a simulator, a tunnel. It
 * judges one packet at a time and keeps those that are not due yet; when time passes, and where packets
 * come from and go to, is the caller's. Inside is netem/engine.ts, with the memory that its packets lie in.
 */
import { usageError } from '../errors.js';
import { Engine as InnerEngine, Verdict } from '../netem/engine.js';
import { FRAME_BYTES_MAX } from '../netem/limits.js';
import { PacketMemory, SlotFlag } from '../netem/packet-memory.js';
import { LinkType } from '../packet/packet-view.js';
import { DIRECTION_NAMES, Direction, type DirectionName, type Rule } from '../rules/rule.js';
import { checkTime, memoryBytesOf } from './checks.js';
import { type RulesGiven, rulesGiven } from './rules.js';

/** What a packet's bytes begin with: Ethernet's header, or that of IP. */
export type Link = 'ethernet' | 'ip';

/**
 * What `Engine.ingress` says. `pass`: the packet goes on now; its bytes may have been changed (corruption,
 * marks, another source). `held`: the engine has taken a copy, which `expire` gives back. `drop`: it is lost.
 */
export type Judgement = 'pass' | 'held' | 'drop';

/** By `Verdict`; a single packet gets no other. */
const JUDGEMENTS: Readonly<Record<number, Judgement>> = {
  [Verdict.pass]: 'pass',
  [Verdict.held]: 'held',
  [Verdict.drop]: 'drop',
};

/** What an engine needs to know. */
export interface EngineOptions {
  /** The rules; the first that matches a packet counts, and packets without one pass. */
  readonly rules: RulesGiven;
  /** Any text: the same seed, rules, packets and times give the same verdicts. Without it: `1`. */
  readonly seed?: string;
  /** What packets begin with. Without it: `ethernet`. */
  readonly link?: Link;
  /**
   * For held packets, in bytes, at least 16 MiB. What finds no room is dropped. Without it: 256 MiB, taken
   * when used.
   */
  readonly memoryBytes?: number;
}

/** Takes what the engine held. `packet` is the engine's again when the call returns: copy it to keep it. */
export type Leave = (packet: Uint8Array, direction: DirectionName, dueNs: number) => void;

/**
 * Rules at work. Times are nanoseconds since any moment, from 0 to 2^53 (104 days), on a clock that does
 * not run backwards; nothing happens between the calls. Errors of all methods that take a time: `E_TIME`.
 */
export class Engine {
  readonly #memory: PacketMemory;
  readonly #engine: InnerEngine;
  readonly #slot: number;

  /** Errors: `NetemuError`s about the rules, with a code such as `E_VALUE`. */
  constructor({ rules, seed = '1', link = 'ethernet', memoryBytes }: EngineOptions) {
    this.#memory = new PacketMemory(memoryBytesOf(memoryBytes));
    [this.#slot] = this.#memory.takeStaging(1);
    this.#memory.linkType[this.#slot] = LinkType[link === 'ip' ? 'rawIp' : 'ethernet'];
    this.#engine = new InnerEngine({ memory: this.#memory, rules: rulesGiven(rules), seed });
  }

  /** The rules that are in force. */
  get rules(): readonly Rule[] {
    return this.#engine.rules;
  }

  /** How many packets it holds. */
  get held(): number {
    return this.#engine.heldCount;
  }

  /**
   * Judges a packet that comes at `nowNs`. On `pass`, `packet` is what goes on. Errors: `E_PACKET` for more
   * bytes than an IP packet and its link header can have.
   */
  ingress(packet: Uint8Array, direction: DirectionName, nowNs: number): Judgement {
    checkTime(nowNs);
    const memory = this.#memory;
    const slot = this.#slot;
    if (packet.length > FRAME_BYTES_MAX) {
      const limit = `the limit is ${FRAME_BYTES_MAX}`;
      throw usageError('E_PACKET', `a packet of ${packet.length} bytes is too long, ${limit}`);
    }
    const at = memory.frameOffset(slot);
    memory.bytes.set(packet, at);
    memory.length[slot] = packet.length;
    memory.tag[slot] = Direction[direction];
    const verdict = this.#engine.ingress(slot, Direction[direction], nowNs);
    if (verdict === Verdict.pass) packet.set(memory.bytes.subarray(at, at + packet.length));
    return JUDGEMENTS[verdict];
  }

  /** When `expire` has something to do next; Infinity when nothing is held. */
  nextDeadline(): number {
    return this.#engine.nextDeadline();
  }

  /**
   * Gives back what is due at `nowNs`, in the order of its times, and returns how many packets that were.
   * To call it too early is harmless; to call it late makes packets late. Among them are copies that
   * `duplicate` made, and answers to packets that `partition reject` refused, which go the other way.
   */
  expire(nowNs: number, leave: Leave): number {
    checkTime(nowNs);
    const memory = this.#memory;
    return this.#engine.expire(nowNs, {
      release: (slot) => {
        const at = memory.frameOffset(slot);
        const isReply = (memory.flags[slot] & SlotFlag.reply) !== 0;
        const direction = isReply ? 1 - memory.tag[slot] : memory.tag[slot];
        const packet = memory.bytes.subarray(at, at + memory.length[slot]);
        leave(packet, DIRECTION_NAMES[direction], memory.deadlineNs[slot]);
      },
    });
  }

  /**
   * Other rules from `nowNs` on. Held packets keep their times; a rule of the same match goes on with its
   * flows, its order and its queue. Errors: as of the constructor, and then nothing changes.
   */
  configure(rules: RulesGiven, nowNs: number): void {
    this.#engine.configure(rulesGiven(rules), nowNs);
  }
}
