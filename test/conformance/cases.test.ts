/** What is compared can be compared: rules that there are, names that are files, a verdict that can fail. */
import { describe, expect, test } from 'vitest';
import { parseRule } from '../../src/rules/parse.js';
import { CASES, type Case, fileNameOf } from './cases.js';
import { compare, sampleOf } from './comparison.js';
import { runEngine } from './engine-run.js';
import type { Log } from './measurement.js';
import { type NoteName, noteOf } from './notes.js';
import { type ModeResult, verdictOf } from './report.js';

const NO_NOISE = Float64Array.of(0);

describe('cases', () => {
  test('have rules that parse and names of their own', () => {
    for (const { rule, compatRule } of CASES) {
      if (rule !== null) expect(parseRule(`udp ${rule}`).impairments[0].compat).toBe(null);
      if (compatRule !== null) {
        expect(parseRule(`udp ${compatRule}`).impairments[0].compat).toBe('netem');
      }
    }
    expect(new Set(CASES.map(fileNameOf)).size).toBe(CASES.length);
    expect(CASES.map(fileNameOf).filter((name) => !/^[\w.-]+$/.test(name))).toEqual([]);
  });

  test('name notes that explain one of their aspects', () => {
    for (const { name, aspects, defaultDiffers, compatDiffers } of CASES) {
      for (const note of [...defaultDiffers, ...compatDiffers]) {
        const explained = noteOf(note).aspects.filter((aspect) => aspects.includes(aspect));
        expect(explained, `${name}: ${note}`).not.toEqual([]);
      }
    }
  });
});

describe('the engine', () => {
  test('gets the packets at their times and gives back when they left', () => {
    const sent = evenly(1000);
    const { arrivalNs, arrivalNumber, arrivalFlips } = runEngine('udp delay 10ms', sent, '1');
    expect(arrivalNs).toEqual(sent.sentNs.map((time) => time + 10e6));
    expect(arrivalNumber).toEqual(Uint32Array.from({ length: 1000 }, (_, i) => i));
    expect(arrivalFlips).toEqual(new Uint8Array(1000));
  });

  test('shows copies and flipped bits', () => {
    const sent = evenly(100);
    expect(runEngine('udp duplicate 100%', sent, '1').arrivalNumber).toHaveLength(200);
    const corrupted = runEngine('udp corrupt 100%', sent, '1');
    expect(corrupted.arrivalFlips).toEqual(new Uint8Array(100).fill(2));
    expect(corrupted.arrivalNumber).toEqual(Uint32Array.from({ length: 100 }, (_, i) => i));
  });
});

describe('verdicts', () => {
  const case10 = CASES.find(({ name }) => name === 'loss 10%')!;

  test('are "same" for two seeds of one rule', () => {
    expect(verdict(case10, 'loss 10%', 'loss 10%')).toBe('same');
  });

  test('tell another rate and other runs apart', () => {
    expect(verdict(case10, 'loss 10%', 'loss 12%')).toBe('DIFFERS');
    expect(verdict(case10, 'loss 10%', 'loss 10% corr 10%')).toBe('DIFFERS');
  });

  test('accept a difference that a note explains, in that aspect only', () => {
    expect(verdict(case10, 'loss 10%', 'loss 12%', ['correlation'])).toBe('differs as noted');
    expect(verdict(case10, 'loss 10%', 'loss 12%', ['jitter-correlation'])).toBe('DIFFERS');
  });

  test.each([
    [
      'delay 50ms 10ms',
      'delay 50ms jitter 10ms unordered',
      'delay 50ms jitter 10ms normal unordered',
    ],
    ['delay 50ms 10ms', 'delay 50ms jitter 10ms unordered', 'delay 50ms jitter 10ms'],
    ['delay 10ms reorder 25%', 'delay 10ms reorder 25%', 'delay 10ms reorder 28%'],
    ['duplicate 1%', 'duplicate 1%', 'duplicate 2%'],
    ['corrupt 1%', 'corrupt 5%', 'corrupt 5% anywhere'],
    ['rate 1mbit', 'rate 1mbit overhead 14', 'rate 1mbit overhead 15'],
    ['slot 20ms', 'slot 20ms', 'slot 22ms'],
  ])('of %s see a difference', (name, rule, other) => {
    const one = CASES.find((candidate) => candidate.name === name)!;
    expect(verdict(one, rule, rule)).toBe('same');
    expect(verdict(one, rule, other)).toBe('DIFFERS');
  });
});

const SENT = evenly(20_000);
const runs = new Map<string, Log>();

function run(rule: string, seed: string): Log {
  const key = `${seed} ${rule}`;
  const log = runs.get(key) ?? runEngine(`udp ${rule}`, SENT, seed);
  runs.set(key, log);
  return log;
}

/** One rule taken for netem, the other for netemu, with another seed. */
function verdict(one: Case, rule: string, other: string, notes: readonly NoteName[] = []): string {
  const netem = sampleOf(run(rule, '1'), one);
  const netemu = sampleOf(run(other, '2'), one);
  const result: ModeResult = {
    rule: other,
    unavailable: null,
    statistics: netemu.statistics,
    comparisons: compare(one, netem, netemu, NO_NOISE),
    notes,
  };
  return verdictOf(result);
}

/** Each 333 µs one packet of 128 bytes. */
function evenly(count: number): Log {
  return {
    sentNs: Float64Array.from({ length: count }, (_, i) => i * 333_000),
    sentBytes: new Uint32Array(count).fill(128),
    arrivalNs: new Float64Array(0),
    arrivalNumber: new Uint32Array(0),
    arrivalFlips: new Uint8Array(0),
  };
}
