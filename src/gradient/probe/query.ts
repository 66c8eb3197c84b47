/**
 * The settings in a probe's URL, `?timeout=5s&attempts=2`: each is read once, by name, with its default;
 * what nobody has asked for by then is refused, with the names that there are.
 */
import { type NetemuError, usageError } from '../../errors.js';
import { withSource } from '../../rules/problem.js';
import { didYouMean } from '../../rules/suggest.js';
import { parseDuration, parseSize } from '../../rules/units.js';

export class Query {
  readonly #url: string;
  readonly #values: URLSearchParams;
  readonly #known: string[] = [];

  /** `url` as the user wrote it; `text` is what stands behind its `?` (or `#`). */
  constructor(url: string, text: string) {
    this.#url = url;
    this.#values = new URLSearchParams(text);
  }

  /** The value as it is, or null when it is not given. */
  text(name: string): string | null {
    this.#known.push(name);
    const all = this.#values.getAll(name);
    if (all.length > 1) throw this.#error(`${name} is given twice`);
    return all[0] ?? null;
  }

  word<T extends string>(name: string, allowed: readonly T[], unless: T): T {
    const text = this.text(name);
    if (text === null) return unless;
    const found = allowed.find((word) => word === text.toLowerCase());
    if (found !== undefined) return found;
    const mend = `${name}=${allowed.join(`, ${name}=`)}`;
    throw this.#error(`${name}=${text} is none of ${allowed.join(', ')}`, mend);
  }

  /** A whole number in [min, max]. */
  count(name: string, min: number, max: number, unless: number): number {
    const text = this.text(name);
    if (text === null) return unless;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw this.#error(`${name}=${text} is no whole number from ${min} to ${max}`);
  }

  /** A number above 0, at most `max`; null when it is not given and there is no default. */
  number(name: string, max: number, unless: number): number {
    const text = this.text(name);
    if (text === null) return unless;
    const value = /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    if (value > 0 && value <= max) return value;
    throw this.#error(`${name}=${text} is no number above 0, at most ${max}`);
  }

  /** Such as `timeout=5s`, in ms; a bare number is refused, as in rules. */
  durationMs(name: string, maxMs: number, unlessMs: number): number {
    const text = this.text(name);
    if (text === null) return unlessMs;
    const flag = `${name}=`;
    const ms = withSource({ text, flag }, () => parseDuration(text, 's')) / 1e6;
    if (ms > 0 && ms <= maxMs) return ms;
    throw this.#error(`${name}=${text} is not above 0 and at most ${maxMs / 1e3}s`);
  }

  /** Such as `bytes=1mb`; 0 when it is not given. */
  bytes(name: string, max: number): number {
    const text = this.text(name);
    if (text === null) return 0;
    const flag = `${name}=`;
    const bytes = /^\d+$/.test(text)
      ? Number(text)
      : withSource({ text, flag }, () => parseSize(text));
    if (bytes <= max) return bytes;
    throw this.#error(`${name}=${text} is more than ${max} bytes`);
  }

  /** `name` alone, or `name=1`; `name=0` is no. */
  flag(name: string): boolean {
    const text = this.text(name);
    if (text === null || text === '0') return false;
    if (text === '' || text === '1') return true;
    throw this.#error(`${name}=${text} is neither ${name}=1 nor ${name}=0`);
  }

  /** To be called last: refuses what has not been asked for. */
  end(): void {
    for (const name of this.#values.keys()) {
      if (this.#known.includes(name)) continue;
      const hint = didYouMean(name, this.#known);
      const mend = `this probe has ${this.#known.join(', ')}`;
      throw this.#error(`there is no setting "${name}"${hint}`, mend);
    }
  }

  #error(message: string, mend?: string): NetemuError {
    return usageError('E_PROBE', `--probe ${this.#url}: ${message}`, mend);
  }
}

/** Where a URL leads: an address without brackets, or a name. `unless` is the port where it has none. */
export function endOf(
  url: string,
  parsed: URL,
  unless: number | null,
): { readonly host: string; readonly port: number } {
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw usageError('E_PROBE', `--probe ${url}: it names no server`);
  if (parsed.username !== '' || parsed.password !== '') {
    throw usageError('E_PROBE', `--probe ${url}: names and passwords have no place there`);
  }
  if (parsed.port !== '') return { host, port: Number(parsed.port) };
  if (unless !== null) return { host, port: unless };
  throw usageError(
    'E_PROBE',
    `--probe ${url}: it names no port`,
    `${parsed.protocol}//${host}:PORT`,
  );
}
