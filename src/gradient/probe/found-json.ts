/**
 * Numbers in JSON that a command has printed: one document that is its whole output, or objects of one line
 * each, among whatever else. Of a name that comes several times the last number counts, as of a program that
 * says now and then how far it is.
 */
import type { Found, FoundNumber } from './found.js';
import { jsonMetric } from './found-name.js';

const METRICS_MAX = 64;
const DEPTH_MAX = 8;
/** Of the last lines; parsing what is none takes 10 µs each. */
const LINES_MAX = 4096;
/** In one output, with all lines. */
const LEAVES_MAX = 20_000;

/** The object, or list, that the text is when nothing else stands around it; else undefined. */
export function jsonDocument(text: string): unknown {
  const start = text.trimStart()[0];
  return start === '{' || start === '[' ? parse(text) : undefined;
}

/** `document` is what `jsonDocument` has made of the text. Null: there is no JSON in it. */
export function readJson(text: string, document: unknown): Found | null {
  const reader = new Leaves();
  if (document !== undefined) {
    // A list of objects is as lines of objects.
    const objects = Array.isArray(document) ? document.slice(-LINES_MAX) : [document];
    for (const value of objects) if (isObject(value)) reader.read(value, []);
  } else {
    const lines = text.split('\n').filter((line) => /^[ \t]*\{/.test(line));
    if (lines.length > LINES_MAX) reader.notes.add(`only its last ${LINES_MAX} objects are read`);
    for (const line of lines.slice(-LINES_MAX)) {
      const value = parse(line);
      if (isObject(value)) reader.read(value, []);
    }
  }
  const { numbers, notes } = reader;
  if (numbers.size === 0 && notes.size === 0) return null;
  return { numbers: [...numbers.values()], failure: null, notes: [...notes] };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class Leaves {
  readonly numbers = new Map<string, FoundNumber>();
  readonly notes = new Set<string>();
  #left = LEAVES_MAX;

  read(object: Readonly<Record<string, unknown>>, path: readonly string[]): void {
    for (const [key, value] of Object.entries(object)) {
      if (--this.#left < 0) {
        this.notes.add(`only its first ${LEAVES_MAX} JSON values are read`);
        return;
      }
      const keys = [...path, key];
      // Elements of lists have no names of their own.
      if (isObject(value) && keys.length < DEPTH_MAX) this.read(value, keys);
      else if (typeof value === 'number' && Number.isFinite(value)) this.#add(keys, value);
    }
  }

  #add(keys: readonly string[], printed: number): void {
    const metric = jsonMetric(keys);
    if (metric === null) {
      this.notes.add('numbers without a name that netemu can use are left out');
      return;
    }
    const { spec, factor } = metric;
    if (this.numbers.size === METRICS_MAX && !this.numbers.has(spec.name)) {
      this.notes.add(`it printed more than ${METRICS_MAX} different numbers: others are left out`);
      return;
    }
    const value = printed * factor;
    if (Number.isFinite(value)) this.numbers.set(spec.name, { spec, value });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
