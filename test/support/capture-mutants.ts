/**
 * Broken captures: good ones with some of their bytes, lengths and blocks changed. A mutant depends on its number
 * and the seed alone, so that one of a hundred thousand can be made again.
 */
import seedrandom from 'seedrandom';
import { LARGE_SEED, SEEDS } from './capture-seeds.js';
import { concat } from './packet-bytes.js';

/** A whole number below the bound. */
export type Random = (bound: number) => number;

export function randomOf(seed: string): Random {
  const random = seedrandom(seed);
  return (bound) => Math.floor(random() * bound);
}

const ONE_IN_LARGE = 200;
const CHANGES_MAX = 4;

export function makeMutant(random: Random): Uint8Array {
  const from = random(ONE_IN_LARGE) === 0 ? LARGE_SEED : choose(SEEDS, random);
  return mutate(from, random);
}

/** One to four changes, in a copy. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutant: Uint8Array = bytes.slice();
  for (let left = 1 + random(CHANGES_MAX); left > 0; left--) {
    mutant = choose(CHANGES, random)(mutant, random);
  }
  return mutant;
}

type Change = (bytes: Uint8Array, random: Random) => Uint8Array;

const MIB = 2 ** 20;

/** Values at which lengths, counts and words of time behave otherwise than beside them. */
const EXTREMES = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 15, 16, 20, 27, 28, 29, 31, 32, 36, 64, 65_535, 65_536],
  ...[262_143, 262_144, 262_145, 327_680, 327_684, 32 * MIB - 4, 32 * MIB, 32 * MIB + 4],
  ...[0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fff0, 0xffff_fffc, 0xffff_ffff],
];

const CHANGES: readonly Change[] = [
  flipBits,
  flipBits,
  setExtreme,
  setExtreme,
  setExtreme,
  setHalfWord,
  changeBlockLength,
  changeBlockLength,
  changeRecordLength,
  truncate,
  remove,
  repeat,
  swapOrder,
  insertNoise,
  appendOther,
  moveRange,
];

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  for (let left = 1 + random(8); left > 0 && bytes.length > 0; left--) {
    bytes[random(bytes.length)] ^= 1 << random(8);
  }
  return bytes;
}

function setExtreme(bytes: Uint8Array, random: Random): Uint8Array {
  // Fields of pcapng lie at multiples of 4, those of classic files anywhere; the beginning has most of them.
  const span = random(3) === 0 ? Math.min(bytes.length, 200) : bytes.length;
  const at = random(4) === 0 ? random(span) : random(span) & ~3;
  const value = random(4) === 0 ? bytes.length - at + random(9) - 4 : choose(EXTREMES, random);
  return setU32(bytes, at, value, random(2) === 0);
}

/** Codes and lengths of options have 16 bits. */
function setHalfWord(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length) & ~1;
  const value = choose(EXTREMES, random) & 0xffff;
  if (at + 2 <= bytes.length) viewOf(bytes).setUint16(at, value, random(2) === 0);
  return bytes;
}

/** Both lengths of a block, so that it is taken for longer or shorter than it was. */
function changeBlockLength(bytes: Uint8Array, random: Random): Uint8Array {
  const blocks = blocksOf(bytes);
  if (blocks.length === 0) return setExtreme(bytes, random);
  const { at, length, littleEndian } = choose(blocks, random);
  const other = random(3) === 0 ? choose(EXTREMES, random) : length + 4 * (random(40) - 20);
  setU32(bytes, at + 4, other, littleEndian);
  return other >= 12 ? setU32(bytes, at + other - 4, other, littleEndian) : bytes;
}

/** A word of a block's or a packet's own header. */
function changeRecordLength(bytes: Uint8Array, random: Random): Uint8Array {
  const blocks = blocksOf(bytes);
  if (blocks.length === 0) return setU32(bytes, 32 + 4 * random(2), choose(EXTREMES, random), true);
  const { at, littleEndian } = choose(blocks, random);
  return setU32(bytes, at + 8 + 4 * random(5), choose(EXTREMES, random), littleEndian);
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, random(bytes.length + 1));
}

function remove(bytes: Uint8Array, random: Random): Uint8Array {
  const [from, to] = range(bytes, random);
  return concat(bytes.subarray(0, from), bytes.subarray(to));
}

function repeat(bytes: Uint8Array, random: Random): Uint8Array {
  const [from, to] = range(bytes, random);
  const times = 1 + random(3);
  return concat(
    bytes.subarray(0, to),
    ...Array(times).fill(bytes.subarray(from, to)),
    bytes.subarray(to),
  );
}

/** Of each aligned word in a range, or in all. */
function swapOrder(bytes: Uint8Array, random: Random): Uint8Array {
  const [from, to] = random(2) === 0 ? [0, bytes.length] : range(bytes, random);
  for (let at = from & ~3; at + 4 <= to; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes;
}

function insertNoise(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const noise = Uint8Array.from({ length: random(40) }, () => random(256));
  return concat(bytes.subarray(0, at), noise, bytes.subarray(at));
}

/** Another capture of any kind, as `cat` would. */
function appendOther(bytes: Uint8Array, random: Random): Uint8Array {
  return concat(bytes, choose(SEEDS, random));
}

function moveRange(bytes: Uint8Array, random: Random): Uint8Array {
  const [from, to] = range(bytes, random);
  const at = random(bytes.length + 1);
  const part = bytes.slice(from, to);
  const without = concat(bytes.subarray(0, from), bytes.subarray(to));
  return concat(without.subarray(0, at), part, without.subarray(at));
}

// --- parts ----------------------------------------------------------------------------------------

/** Short ones and long ones, half of them from block to block. */
function range(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const blocks = random(2) === 0 ? blocksOf(bytes) : [];
  if (blocks.length > 0) {
    const first = random(blocks.length);
    const last = Math.min(blocks.length - 1, first + random(3));
    return [blocks[first].at, Math.min(bytes.length, blocks[last].at + blocks[last].length)];
  }
  const from = random(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random(random(2) === 0 ? 16 : 400))];
}

interface Block {
  readonly at: number;
  readonly length: number;
  readonly littleEndian: boolean;
}

/** The blocks of a pcapng file, as far as their lengths make sense. */
function blocksOf(bytes: Uint8Array): Block[] {
  const view = viewOf(bytes);
  const blocks: Block[] = [];
  if (bytes.length < 12 || view.getUint32(0) !== 0x0a0d0d0a) return blocks;
  let littleEndian = true;
  for (let at = 0; at + 12 <= bytes.length; ) {
    if (view.getUint32(at) === 0x0a0d0d0a) littleEndian = bytes[at + 8] === 0x4d;
    const length = view.getUint32(at + 4, littleEndian);
    if (length < 12 || at + length > bytes.length) break;
    blocks.push({ at, length, littleEndian });
    at += length;
  }
  return blocks;
}

function setU32(bytes: Uint8Array, at: number, value: number, littleEndian: boolean): Uint8Array {
  if (at + 4 <= bytes.length) viewOf(bytes).setUint32(at, value >>> 0, littleEndian);
  return bytes;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function choose<T>(values: readonly T[], random: Random): T {
  return values[random(values.length)];
}
