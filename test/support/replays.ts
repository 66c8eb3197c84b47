/** Whole replays for tests: of the bytes of a capture, with everything that comes out of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fate } from '../../src/netem/fates.js';
import type { CaptureSource } from '../../src/pcap/capture-source.js';
import { verdictText } from '../../src/pcap/verdict-text.js';
import { CaptureExitMaker, type CaptureFormat } from '../../src/replay/capture-exit.js';
import { type DirectionRule, Directions } from '../../src/replay/directions.js';
import type { Pace } from '../../src/replay/pace.js';
import type { ReplayObserver } from '../../src/replay/passage.js';
import { Replay } from '../../src/replay/replay.js';
import type { ExitMaker, ReplayResult } from '../../src/replay/replay-types.js';
import { PlainTimeline, type Timeline } from '../../src/replay/timeline.js';
import { VerdictLog } from '../../src/replay/verdict-log.js';
import { nameRules, parseRules } from '../../src/rules/parse.js';
import type { Prefix, Rule } from '../../src/rules/rule.js';
import { little, type PacketSpec, words } from './capture-bytes.js';
import { type Reading, readCapture } from './capture-reading.js';
import { concat } from './packet-bytes.js';

/** 2023-11-14 22:13:20.000000 UTC. */
export const BASE_NS = 1_700_000_000_000_000_000n;

export interface ReplaySpec {
  readonly rules?: readonly string[] | readonly Rule[];
  readonly seed?: string;
  readonly memoryBytes?: number;
  readonly format?: CaptureFormat | null;
  readonly direction?: DirectionRule;
  readonly client?: Prefix | null;
  readonly timeline?: Timeline;
  readonly pace?: Pace | null;
  readonly signal?: AbortSignal;
  readonly observers?: readonly (ReplayObserver & { ruleNames?: readonly string[] })[];
  /** Around the exit into the file. */
  readonly around?: (exit: ExitMaker) => ExitMaker;
  /** The bytes as they come. */
  readonly source?: (capture: Uint8Array) => CaptureSource;
}

export interface Replayed {
  readonly result: ReplayResult;
  readonly replay: Replay;
  readonly directions: Directions;
  /** The output file. */
  readonly bytes: Buffer;
  readonly output: Reading;
  /** By packet. */
  readonly verdicts: readonly string[];
  readonly log: string;
}

export async function replayed(capture: Uint8Array, spec: ReplaySpec = {}): Promise<Replayed> {
  const directory = mkdtempSync(join(tmpdir(), 'netemu-replay-'));
  const [path, logPath] = [join(directory, 'out'), join(directory, 'log')];
  const verdicts: string[] = [];
  const log = new VerdictLog(logPath);
  const note = {
    arrived: () => {},
    decided: (fate: Fate) => verdicts.push(verdictText(fate, replay.passage.ruleNames)),
  };
  const { direction = { kind: 'auto' }, client = null, around = (exit) => exit } = spec;
  const observers = [log, note, ...(spec.observers ?? [])];
  const directions = new Directions(direction, client);
  const replay = new Replay({
    source: (spec.source ?? sourceOf)(capture),
    rules: rulesOf(spec.rules ?? []),
    seed: spec.seed ?? 'test',
    memoryBytes: spec.memoryBytes ?? 2 ** 24,
    timeline: spec.timeline ?? new PlainTimeline(),
    directions,
    exit: around(
      new CaptureExitMaker({ path, format: spec.format ?? null, inputs: [], sha256: false }),
    ),
    observers,
    pace: spec.pace ?? null,
    ...(spec.signal && { signal: spec.signal }),
  });
  for (const observer of observers) {
    if ('ruleNames' in observer) observer.ruleNames = replay.passage.ruleNames;
  }
  try {
    const result = await replay.run();
    log.close();
    const bytes = readFileSync(path);
    const output = readCapture(bytes);
    const text = readFileSync(logPath, 'utf8');
    return { result, replay, directions, bytes, output, verdicts, log: text };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function rulesOf(rules: readonly string[] | readonly Rule[]): readonly Rule[] {
  if (typeof rules[0] === 'string') return nameRules(parseRules(rules as readonly string[]));
  return rules as readonly Rule[];
}

/** `pieceBytes`: how many bytes come next, at least 1. */
export function sourceOf(
  capture: Uint8Array,
  pieceBytes: () => number = () => capture.length,
): CaptureSource {
  let done = 0;
  return {
    name: 'capture',
    async read(into, at, count) {
      const piece = capture.subarray(done, done + Math.min(count, pieceBytes()));
      into.set(piece, at);
      done += piece.length;
      return piece.length;
    },
    async close() {},
  };
}

export interface TimedPacket extends Omit<PacketSpec, 'time'> {
  /** After BASE_NS. */
  readonly atNs: number;
}

export interface CaptureSpec {
  /** LINKTYPE_ value of each interface; one of Ethernet unless told otherwise. */
  readonly links?: readonly number[];
}

/** A pcapng of one section with ns. */
export function capture(packets: readonly TimedPacket[], { links = [1] }: CaptureSpec = {}) {
  const resolution = little.options([9, Uint8Array.of(9)]);
  return concat(
    little.section(),
    ...links.map((link) => little.interface({ link, options: resolution })),
    ...packets.map(({ atNs, ...packet }) => little.enhanced({ ...packet, time: timeOf(atNs) })),
  );
}

/** In ns. */
export function timeOf(atNs: number): [number, number] {
  return words(BASE_NS + BigInt(atNs));
}

/** Of a packet's block in a `capture`. */
export function enhancedBytes(data: Uint8Array): number {
  return little.enhanced({ data }).length;
}
