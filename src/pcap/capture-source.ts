/**
 * Where the bytes of a capture come from: a file or standard input, decompressed where they are compressed.
 * What they are is told by the bytes, never by a name.
 */
import { Decompression, MAGIC_BYTES, recogniseCompression } from './decompression.js';
import { openInput, type RawInput } from './raw-input.js';

export { CaptureFault } from './decompression.js';

export interface CaptureSource {
  /** For messages: the path, or `standard input`. */
  readonly name: string;
  /**
   * Puts up to `count` of the next bytes to `into` from `at`. Returns how many, 0 at the end. Errors:
   * CaptureFault for a damaged compressed stream, after all bytes before the damage; E_FILE.
   */
  read(into: Uint8Array, at: number, count: number): Promise<number>;
  close(): Promise<void>;
}

/** `path` may be `-`, standard input. Errors: E_FILE, E_ZSTD. */
export async function openSource(path: string): Promise<CaptureSource> {
  const name = path === '-' ? 'standard input' : path;
  const input = await openInput(path);
  try {
    const head = await readHead(input);
    const compression = recogniseCompression(head, name);
    if (compression === null) return new Source(name, input, head);
    return new Source(name, new Decompression(compression, head, input), new Uint8Array(0));
  } catch (error) {
    await input.close();
    throw error;
  }
}

/** As many bytes as it takes to tell the kind, or all. A pipe may give them one by one. */
async function readHead(input: RawInput): Promise<Uint8Array> {
  let head = new Uint8Array(0);
  while (head.length < MAGIC_BYTES) {
    const chunk = await input.next();
    if (chunk === null) break;
    const joined = new Uint8Array(head.length + chunk.length);
    joined.set(head);
    joined.set(chunk, head.length);
    head = joined;
  }
  return head;
}

class Source implements CaptureSource {
  readonly name: string;
  readonly #input: RawInput;
  /** What was read already and nobody has had yet. */
  #rest: Uint8Array;

  constructor(name: string, input: RawInput, head: Uint8Array) {
    this.name = name;
    this.#input = input;
    this.#rest = head;
  }

  async read(into: Uint8Array, at: number, count: number): Promise<number> {
    while (this.#rest.length === 0) {
      const chunk = await this.#input.next();
      if (chunk === null) return 0;
      this.#rest = chunk;
    }
    const bytes = Math.min(count, this.#rest.length);
    into.set(this.#rest.subarray(0, bytes), at);
    this.#rest = this.#rest.subarray(bytes);
    return bytes;
  }

  close(): Promise<void> {
    return this.#input.close();
  }
}
