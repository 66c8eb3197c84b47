/** What `netemu replay` is asked for, checked and opened: its capture, rules, directions and files. */

import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import { usageError } from '../errors.js';
import { openSource } from '../pcap/capture-source.js';
import type { RecordingHeader } from '../pcap/recording/header.js';
import { Pace } from '../replay/pace.js';
import { type Peek, peek } from '../replay/peek.js';
import type { ReplayFileOptions } from '../replay/replay-file.js';
import { PlainTimeline, RecordingTimeline } from '../replay/timeline.js';
import { printable, quoted } from '../rules/problem.js';
import { rulesOf } from '../rules/rule-source.js';
import { MEMORY_BYTES_MIN, readMemory } from './option-values.js';
import type { ReplayFlags } from './replay.js';
import { readDirections } from './replay-directions.js';
import { checkFiles, checkStreams, formatOf, inputFiles } from './replay-paths.js';
import { type GivenRules, readGivenRules } from './rule-arguments.js';

export interface OpenedReplay {
  readonly options: Omit<ReplayFileOptions, 'signal'>;
  /** One line each. */
  readonly warnings: readonly string[];
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** As in the library, and always the same: who replays wants what was before. */
const SEED_DEFAULT = '1';

/** Errors: E_USAGE, E_FILE, E_ZSTD, E_RECORDING, E_NO_RECORDING and those of rules and values. */
export async function openReplay(
  file: string,
  lines: readonly string[],
  flags: ReplayFlags,
): Promise<OpenedReplay> {
  checkStreams(file, flags);
  const pace = readPace(flags.speed);
  const format = formatOf(flags.write);
  const command = `netemu replay ${/^[\w./-]+$/.test(file) ? file : 'FILE'}`;
  const given = await readGivenRules({ lines, options: { ...flags }, command });
  if (flags.verify) refuseBesideVerify(flags, given);
  const inputs = inputFiles(file, flags, given);
  checkFiles(file, inputs, flags);
  const opened: Peek[] = [];
  const close = async () => {
    for (const { source } of opened) await source.close();
  };
  const open = async (capture: string) => {
    const peeked = await openCapture(capture);
    opened.push(peeked);
    return peeked;
  };
  try {
    const input = await open(file);
    const directions = readDirections(flags, input);
    const header = needsHeader(flags, given) ? input.readHeader() : null;
    if (flags.verify && header === null) throw noRecording(input.source.name);
    const other = flags.compare === undefined ? null : await open(flags.compare);
    const recorded = given === null ? header : null;
    const options = {
      input,
      rules: given?.rules ?? (recorded === null ? [] : rulesOf(recorded.source)),
      seed: flags.seed ?? given?.seed ?? header?.seed ?? SEED_DEFAULT,
      memoryBytes:
        flags.memory === undefined && recorded !== null
          ? memoryOf(recorded)
          : await readMemory(flags.memory),
      timeline: recorded === null ? new PlainTimeline() : new RecordingTimeline(recorded),
      directions,
      output: {
        path: flags.write ?? null,
        format,
        inputs,
        sha256: flags.json === true && flags.write !== undefined,
      },
      log: flags.log ?? null,
      other,
      verifies: flags.verify ?? false,
      pace,
    };
    const isIdle = given === null && recorded === null;
    const idle = `${printable(input.source.name)} is no recording, and there are no rules: everything passes`;
    return { options, warnings: [...(given?.warnings ?? []), ...(isIdle ? [idle] : [])], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openCapture(file: string): Promise<Peek> {
  const source = await openSource(file);
  try {
    return await peek(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** `--speed`; null: as fast as it goes. */
function readPace(text: string | undefined): Pace | null {
  if (text === undefined || text === 'max') return null;
  const factor = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0;
  if (factor > 0 && Number.isFinite(factor)) return new Pace(factor);
  throw usageError(
    'E_SPEED',
    `--speed ${quoted(text)}: a number above 0 is needed, or max`,
    '--speed 1 is as fast as it was, --speed 10 ten times as fast',
  );
}

/** What is damaged there does not matter where nothing is taken from it. */
function needsHeader({ seed, verify }: ReplayFlags, given: GivenRules | null): boolean {
  return verify === true || given === null || (seed === undefined && given.seed === null);
}

/** As it was recorded, or what this machine has: less matters only where it is all in use. */
function memoryOf({ memoryBytes }: RecordingHeader): number {
  const possibleBytes = Math.min(memoryBytes, totalmem(), constants.MAX_LENGTH);
  // What was recorded is no less; what a damaged header says may be anything.
  return Math.max(MEMORY_BYTES_MIN, Math.floor(possibleBytes));
}

/** The verdicts of a recording are those of its own rules, seed, memory and directions. */
function refuseBesideVerify(flags: ReplayFlags, given: GivenRules | null): void {
  const others = (['seed', 'memory', 'direction', 'client'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  const [other] = [...(given === null ? [] : ['a rule']), ...others.map((name) => `--${name}`)];
  if (other === undefined) return;
  throw usageError(
    'E_USAGE',
    `--verify takes everything from the recording, and ${other} would be something else`,
    'netemu replay RECORDING --verify',
  );
}

function noRecording(name: string) {
  return usageError(
    'E_NO_RECORDING',
    `${printable(name)} is no recording: it has no verdicts to compare with`,
    'netemu up and netemu run make recordings: --record FILE.pcapng',
  );
}
