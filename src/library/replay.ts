/** Replays for programs: of a file or a list, what came through, and the verdict on each packet. */

import { differsError } from '../errors.js';
import { openSource } from '../pcap/capture-source.js';
import { Directions } from '../replay/directions.js';
import type { PacketVerdict } from '../replay/packet-verdict.js';
import { Replay } from '../replay/replay.js';
import type { ReplayResult } from '../replay/replay-types.js';
import { PlainTimeline } from '../replay/timeline.js';
import { parsePrefix } from '../rules/address.js';
import { printable, withSource } from '../rules/problem.js';
import type { Prefix } from '../rules/rule.js';
import { memoryBytesOf } from './checks.js';
import { Collector, type ReplayEvent, type ReplayedPacket } from './collector.js';
import type { Link } from './engine.js';
import { type Packet, PacketSource } from './packet-source.js';
import { type RulesGiven, rulesGiven } from './rules.js';

/**
 * The path of a capture (pcap or pcapng, also compressed by gzip or zstd; `-` is standard input), or
 * packets in the order of their times. A recording's own rules and verdicts are for `netemu replay`; here
 * it is a capture like any other.
 */
export type ReplayInput = string | Iterable<Packet> | AsyncIterable<Packet>;

/** How to replay. */
export interface ReplayOptions {
  /** The rules; the first that matches a packet counts, and packets without one pass. */
  readonly rules: RulesGiven;
  /** Any text: the same seed, rules and packets give the same verdicts. Without it: `1`. */
  readonly seed?: string;
  /** What the given packets begin with. Without it: `ethernet`. A file says so itself. */
  readonly link?: Link;
  /**
   * The host that the rules are about, as `ADDRESS` or `ADDRESS/LENGTH`: what comes from there goes out.
   * Where packets say which way they go, they are right; without both, the first packet of a flow goes out.
   */
  readonly client?: string;
  /**
   * For packets that are held, in bytes, at least 16 MiB. What finds no room is dropped. Without it: 256
   * MiB.
   */
  readonly memoryBytes?: number;
}

/** A whole replay. */
export interface Replayed {
  /** On each packet, in the order in which they came. */
  readonly verdicts: readonly PacketVerdict[];
  /** What came through, in the order in which it left. */
  readonly packets: readonly ReplayedPacket[];
  /** SHA-256 of all verdicts, in hexadecimal: the same on every machine, and as `netemu replay` shows it. */
  readonly verdictsSha256: string;
}

/**
 * Replays a capture, or packets, through the engine: in virtual time, so as fast as it goes, and the same
 * each time. Errors: `NetemuError`s about rules (`E_VALUE` …), a file that cannot be opened (`E_FILE`) or
 * that is damaged (`E_CAPTURE`), packets that cannot be (`E_PACKET`).
 */
export async function replay(input: ReplayInput, options: ReplayOptions): Promise<Replayed> {
  const verdicts: PacketVerdict[] = [];
  const packets: ReplayedPacket[] = [];
  const events = replayEvents(input, options);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { verdicts, packets, verdictsSha256: value };
    if (value.kind === 'packet') packets.push(value.packet);
    else verdicts.push(value.verdict);
  }
}

/**
 * The same, event by event, in constant memory however large the file is. Verdicts come in the order of the
 * packets, each as soon as it and all before it are settled; packets come in the order in which they leave.
 * Returns the SHA-256 of the verdicts. Errors: as of `replay`; that of a damaged file (`E_CAPTURE`) comes
 * after all that happened before the fault.
 */
export async function* replayEvents(
  input: ReplayInput,
  options: ReplayOptions,
): AsyncGenerator<ReplayEvent, string, undefined> {
  const { seed = '1', link = 'ethernet', memoryBytes } = options;
  const rules = rulesGiven(options.rules);
  const client = options.client === undefined ? null : clientOf(options.client);
  const source =
    typeof input === 'string' ? await openSource(input) : new PacketSource(input, link);
  const collector = new Collector(typeof input !== 'string' && Symbol.asyncIterator in input);
  const abandonment = new AbortController();
  try {
    const run = new Replay({
      source,
      rules,
      seed,
      memoryBytes: memoryBytesOf(memoryBytes),
      timeline: new PlainTimeline(),
      directions: new Directions({ kind: 'auto' }, client),
      exit: collector,
      observers: [collector],
      pace: null,
      signal: abandonment.signal,
    });
    collector.ruleNames = run.passage.ruleNames;
    const result = run.run();
    // Awaited below; until then a failure is nobody's unhandled rejection.
    result.catch(() => {});
    try {
      for (let events = await collector.next(); events !== null; events = await collector.next()) {
        yield* events;
      }
      return shaOf(await result, source.name);
    } finally {
      abandonment.abort();
      collector.abandon();
      await result.catch(() => {});
    }
  } finally {
    await source.close();
  }
}

function clientOf(text: string): Prefix {
  return withSource({ text, flag: 'client' }, () => parsePrefix(text));
}

function shaOf({ fault, verdictsSha256 }: ReplayResult, name: string): string {
  if (fault === null) return verdictsSha256;
  throw differsError(
    'E_CAPTURE',
    `${printable(name)}: ${printable(fault.reason)} at offset ${fault.offset}`,
  );
}
