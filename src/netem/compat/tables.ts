/**
 * The tables by which tc-netem draws delays: sixteen-bit numbers, 8192 to the spread. They are made here
 * from the definitions of iproute2's generators (netem/normal.c, pareto.c, paretonormal.c), and equal
 * normal.dist, pareto.dist and paretonormal.dist of iproute2 6.1 in each of their 4,096 entries.
 */
import type { Distribution } from '../../rules/rule.js';
import { normalQuantile } from '../distribution/normal.js';

/** Units of a table to a spread. */
export const TABLE_SCALE = 8192;

const ENTRIES = 4096;
const ENTRY_MAX = 2 ** 15 - 1;
const ENTRY_MIN = -(2 ** 15);

const made = new Map<string, Int16Array>();
const madeOfValues = new WeakMap<readonly number[], Int16Array>();

/** Null is uniform: then netem needs no table. */
export function netemTable(distribution: Distribution): Int16Array | null {
  const { kind } = distribution;
  if (kind === 'uniform') return null;
  if (kind === 'table') return ofValues(distribution.values);
  let table = made.get(kind);
  if (table === undefined) {
    table = Int16Array.from({ length: ENTRIES }, (_, i) => GENERATORS[kind](i));
    made.set(kind, table);
  }
  return table;
}

function ofValues(values: readonly number[]): Int16Array {
  let table = madeOfValues.get(values);
  if (table === undefined) {
    table = Int16Array.from(values, (value) => cut(roundToEven(value * TABLE_SCALE)));
    madeOfValues.set(values, table);
  }
  return table;
}

const GENERATORS = {
  normal: (i: number) => cut(roundToEven(normalAt(i) * TABLE_SCALE)),
  pareto: paretoEntry,
  paretonormal: (i: number) => {
    const sum = roundToEven(normalAt(i) * TABLE_SCALE) + 3 * paretoEntry(i);
    return cut(Math.trunc(sum / 4)); // An integer division in C.
  },
} as const;

/** Shape 3, mean 0. The longest tail is cut off, at 4 spreads. */
function paretoEntry(i: number): number {
  const above = 1 - i / ENTRIES;
  return roundToEven(Math.min(ENTRY_MAX, (above ** (-1 / 3) - 1.5) * (4 / 3) * TABLE_SCALE));
}

/** The generator walks up in steps, and keeps the last one for each of four times as many entries. */
const NORMAL_BEGIN = -10;
const NORMAL_STEP = 0.00005;

function normalAt(i: number): number {
  const x = Float64Array.of((4 * i + 0.5) / (4 * ENTRIES));
  normalQuantile(x);
  return NORMAL_BEGIN + Math.floor((x[0] - NORMAL_BEGIN) / NORMAL_STEP) * NORMAL_STEP;
}

function cut(value: number): number {
  return Math.max(ENTRY_MIN, Math.min(ENTRY_MAX, value));
}

/** C's rint. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
