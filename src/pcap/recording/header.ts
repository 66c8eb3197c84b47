/**
 * What the sections of a recording say: from which seed, rules and version its verdicts came, and what
 * time it was. It stands in comments of the section header, which every tool keeps and shows, as JSON in
 * pieces, because a comment has at most 65,535 bytes and rules may name long traces.
 *
 *     netemu 0.1.0 recorded this: seed 7f3a; udp:53 loss 0.5%
 *     netemu-recording 1/2 {"version":"0.1.0", …
 *     netemu-recording 2/2 …}
 */
import { usageError } from '../../errors.js';
import type { RuleSource } from '../../rules/rule-source.js';

export interface RecordingHeader {
  readonly version: string;
  readonly seed: string;
  readonly source: RuleSource;
  /** `--memory`: what overflows depends on it. */
  readonly memoryBytes: number;
  /**
   * Nanoseconds between 1970 and the engine's zero, in decimal: a packet's time less this is the engine's.
   */
  readonly clockOffsetNs: string;
  /** The engine's time at which these rules came into force. */
  readonly startNs: number;
  /** The engine went on from the section before, with other rules. */
  readonly continues: boolean;
}

/** What the last block of a whole recording says. */
export interface RecordingEnd {
  /** The engine's last time. */
  readonly endNs: number;
  readonly packets: number;
  /** Without them nothing can be verified. */
  readonly lost: number;
}

const PIECE = /^netemu-recording (\d{1,4})\/(\d{1,4}) (.*)$/;
const PIECE_BYTES_MAX = 60_000;
/** All comments are one block, and readers take blocks of up to 32 MiB (BLOCK_BYTES_MAX). */
const HEADER_BYTES_MAX = 24 * 2 ** 20;

const END = /^netemu-end (\{.*\})$/;

/** Rules shown to who opens the file with another tool. */
const RULES_SHOWN = 8;
const TEXT_SHOWN = 1_000;

/** Errors: E_RECORD, when rules and files are too long. */
export function headerComments(header: RecordingHeader): string[] {
  // Of one byte each, so that pieces can be cut anywhere.
  const json = JSON.stringify(header).replace(/[\u0080-\uffff]/g, escapeUnit);
  if (json.length > HEADER_BYTES_MAX) {
    throw usageError(
      'E_RECORD',
      `the rules and the files that they name are ${json.length} bytes, ` +
        `a recording keeps at most ${HEADER_BYTES_MAX}`,
      'run without --record, or with shorter files',
    );
  }
  const count = Math.ceil(json.length / PIECE_BYTES_MAX);
  const pieces = Array.from({ length: count }, (_, i) => {
    const text = json.slice(i * PIECE_BYTES_MAX, (i + 1) * PIECE_BYTES_MAX);
    return `netemu-recording ${i + 1}/${count} ${text}`;
  });
  return [sentence(header), ...pieces];
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function sentence({ version, seed, source, continues }: RecordingHeader): string {
  const { rules, scenario } = source;
  const shown = rules.slice(0, RULES_SHOWN).join('; ');
  const more = rules.length > RULES_SHOWN ? `; and ${rules.length - RULES_SHOWN} more` : '';
  const what = scenario === undefined ? shown + more : `the scenario ${scenario.name}`;
  const text = `seed ${seed}; ${what || 'no rules'}`;
  const does = continues ? 'went on recording with other rules' : 'recorded this';
  return `netemu ${version} ${does}: ${text.slice(0, TEXT_SHOWN)}`;
}

/** Null when the section is none of a recording. Errors: E_RECORDING, when what it says is damaged. */
export function readHeader(comments: readonly string[]): RecordingHeader | null {
  const pieces = comments.map((comment) => PIECE.exec(comment)).filter((piece) => piece !== null);
  if (pieces.length === 0) return null;
  const isWhole = pieces.every(
    ([, number, count], i) => Number(number) === i + 1 && Number(count) === pieces.length,
  );
  const header = isWhole ? parse(pieces.map(([, , , text]) => text).join('')) : undefined;
  if (isHeader(header)) return header;
  throw usageError(
    'E_RECORDING',
    'what netemu wrote into the section header is damaged or from another version',
    'give the rules and the seed, then it is replayed like any other capture',
  );
}

export function endComment(end: RecordingEnd): string {
  return `netemu-end ${JSON.stringify(end)}`;
}

/** Null when the comment is another, or damaged. */
export function readEnd(comment: string): RecordingEnd | null {
  const end = parse(END.exec(comment)?.[1] ?? '');
  if (!isObject(end)) return null;
  const { endNs, packets, lost } = end;
  if (!isCount(endNs) || !isCount(packets) || !isCount(lost)) return null;
  return { endNs, packets, lost };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is RecordingHeader {
  if (!isObject(value)) return false;
  const { version, seed, source, memoryBytes, clockOffsetNs, startNs, continues } = value;
  return (
    typeof version === 'string' &&
    typeof seed === 'string' &&
    isSource(source) &&
    isCount(memoryBytes) &&
    typeof clockOffsetNs === 'string' &&
    /^-?\d{1,20}$/.test(clockOffsetNs) &&
    isCount(startNs) &&
    typeof continues === 'boolean'
  );
}

function isSource(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { rules, scenario, files } = value;
  if (!Array.isArray(rules) || !rules.every((rule) => typeof rule === 'string')) return false;
  if (files !== undefined && !isObject(files)) return false;
  if (!Object.values(files ?? {}).every((text) => typeof text === 'string')) return false;
  if (scenario === undefined) return true;
  return (
    isObject(scenario) && typeof scenario.name === 'string' && typeof scenario.text === 'string'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
