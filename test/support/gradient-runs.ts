/**
 * `netemu gradient` in a lab: its directory, its results, and a DNS server that is good, mad or silent, and
 * dies when it is told to.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../../src/control/types.js';
import type { GradientResult, SegmentRecord, StepSummary } from '../../src/gradient/result.js';
import { test as base } from './live-test.js';
import { type Finished, NETEMU, type NetnsLab, type Running } from './netns-lab.js';
import { childrenOf } from './processes.js';

export const REPORTS = ['junit.xml', 'report.html', 'results.csv', 'results.json'];

/** In namespaces of its own, without a moment of warm-up. */
export const PRIVATE = ['--run', '--private', '--warmup', '0'] as const;

const PATIENCE_MS = 20_000;
const POLL_MS = 10;
const ATTEMPTS = 3;

export interface Ended extends Finished {
  /** Where its reports are. */
  readonly folder: string;
  readonly result: GradientResult;
}

/** A gradient that is being measured. */
export interface Begun {
  readonly running: Running;
  readonly folder: string;
  /** Waits for the end, which must leave results. */
  ended(): Promise<Ended>;
}

export class Gradients {
  readonly folder = mkdtempSync(join(tmpdir(), 'netemu-gradient-'));
  readonly #lab: NetnsLab;
  #count = 0;

  constructor(lab: NetnsLab) {
    this.#lab = lab;
  }

  /** `netemu gradient --out FOLDER ARGUMENT...` in a namespace, near unless told. */
  start(args: readonly string[], namespace = this.#lab.near): Begun {
    const { words, folder } = this.command(...args);
    const running = this.#lab.start(namespace, process.execPath, ...words);
    return { running, folder, ended: async () => withResult(await running.finished, folder) };
  }

  /** What node is given for that. */
  command(...args: string[]): { words: string[]; folder: string } {
    const folder = join(this.folder, String(++this.#count));
    return { words: [NETEMU, 'gradient', '--out', folder, ...args], folder };
  }

  /** To its end, which leaves results. */
  run(...args: string[]): Promise<Ended> {
    return this.start(args).ended();
  }

  /**
   * The same for tests that judge how long something took: measured again, twice at most, when the results
   * say that the machine stood still for so long, or that samples began so late.
   */
  async undisturbed(byMs: number, ...args: string[]): Promise<Ended> {
    for (let attempt = 1; ; attempt++) {
      const ended = await this.run(...args);
      if (attempt === ATTEMPTS || !isDisturbed(ended.result, byMs)) return ended;
    }
  }

  /** To an end that leaves nothing at all. */
  async refused(...args: string[]): Promise<Finished> {
    const { running, folder } = this.start(args);
    const end = await running.finished;
    const left = readdirSync(this.folder).map((name) => join(this.folder, name));
    if (left.includes(folder)) throw new Error(`${folder} was made:\n${end.stderr}`);
    return end;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const test = base.extend('gradients', ({ lab }, { onCleanup }) => {
  const gradients = new Gradients(lab);
  onCleanup(() => gradients.close());
  return gradients;
});

function withResult(end: Finished, folder: string): Ended {
  try {
    const result = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    return { ...end, folder, result };
  } catch (error) {
    throw new Error(`${error}: it ended with ${end.code}:\n${end.stdout}\n${end.stderr}`);
  }
}

function isDisturbed({ segments }: GradientResult, byMs: number): boolean {
  const worstMs = ({ emulator, begunLateMs }: SegmentRecord) =>
    Math.max((emulator?.stallNs ?? 0) / 1e6, begunLateMs?.max ?? 0);
  return segments.some((segment) => worstMs(segment) > byMs);
}

/** The only segment of a step. */
export function segmentOf({ segments }: GradientResult, step: number): SegmentRecord {
  const [segment, ...others] = segments.filter((each) => each.step === step);
  if (segment === undefined || others.length > 0) throw new Error(`no single segment of ${step}`);
  return segment;
}

export function failuresOf({ analysis }: GradientResult): StepSummary['failures'][] {
  return analysis.steps.map(({ failures }) => failures);
}

/** Waits until the instance's rule has met so many packets of a step, known by its rule's text. */
export async function rulePackets(
  lab: NetnsLab,
  text: string,
  count: number,
): Promise<InstanceStatus> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const status = await lab.statusSample().catch(() => null);
    const [rule] = status?.rules ?? [];
    if (rule?.rule.includes(text) && rule.out.seen + rule.in.seen >= count) return status!;
    if (performance.now() > giveUpMs) throw new Error(`no rule has met ${count} packets: ${text}`);
    await sleep(POLL_MS);
  }
}

/** All processes that come of one, with itself. */
export function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/**
 * How a server behaves, of DNS by UDP and of anything by TCP: it answers, with words that are neither DNS nor
 * HTTP, or not at all. Having got so many queries it ends, and its port is closed.
 */
const RESPONDER = `
const [address, port, manner, dieAfter] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
let count = 0;
socket.on('message', (query, { port, address: client }) => {
  if (count++ === Number(dieAfter)) process.exit();
  if (manner === 'silent') return;
  const end = query.indexOf(0, 12) + 5;
  const head = Buffer.from(query.subarray(0, 12));
  for (const [at, value] of [[2, 0x8180], [6, 1], [8, 0], [10, 0]]) head.writeUInt16BE(value, at);
  const record = Buffer.from('c00c00010001000000010004c0000201', 'hex');
  const answer = Buffer.concat([head, query.subarray(12, end), record]);
  socket.send(manner === 'mad' ? Buffer.from('what is DNS?') : answer, port, client);
});
socket.bind(Number(port), address, () => require('node:net').createServer((connection) => {
  connection.on('error', () => {});
  if (manner === 'mad') connection.end('what is HTTP?');
}).listen(Number(port), address, () => console.log('ready')));
`;

export async function startResponder(
  lab: NetnsLab,
  port: number,
  manner: 'good' | 'mad' | 'silent',
  dieAfter = -1,
): Promise<Running> {
  const words = [lab.far4, port, manner, dieAfter].map(String);
  const running = lab.start(lab.far, process.execPath, '-e', RESPONDER, ...words);
  await running.printed(/ready/);
  return running;
}
