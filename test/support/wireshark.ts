/**
 * Wireshark's and tcpdump's programs as oracles for captures: files made with them on the spot, and what they read
 * in ours. They come with the packages that `scripts/test` installs.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './find-program.js';

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;

/** `scripts/test` says what is missing where it may not install it: only then are these tests left out. */
export function isWiresharkMissing(): boolean {
  if (process.env.NETEMU_LIVE !== 'skip') return false;
  try {
    return findProgram('tshark') === '';
  } catch {
    return true;
  }
}

/** A packet as tshark sees it. */
export interface SharkPacket {
  /** Since 1970; null for a packet without a time. */
  readonly timeNs: bigint | null;
  readonly capturedBytes: number;
  readonly wireBytes: number;
  readonly data: Uint8Array;
  /** From 0; undefined in files that know neither. */
  readonly section: number | undefined;
  /** Of the section, from 0. */
  readonly interface: number | undefined;
  readonly interfaceName: string | undefined;
  readonly comments: readonly string[];
}

type Layer = Record<string, unknown>;

export async function readWithTshark(file: string): Promise<SharkPacket[]> {
  const args = [
    '-n',
    '-r',
    file,
    '-T',
    'json',
    '-x',
    '-J',
    'frame pkt_comment',
    '--no-duplicate-keys',
  ];
  const { stdout } = await run(findProgram('tshark'), args, { maxBuffer: OUTPUT_BYTES_MAX });
  const packets: { _source: { layers: Layer } }[] = JSON.parse(stdout);
  return packets.map(({ _source: { layers } }) => packetOf(layers));
}

function packetOf(layers: Layer): SharkPacket {
  const frame = layers.frame as Record<string, string>;
  const raw = layers.frame_raw as [string] | undefined;
  const tree = (layers.frame as Layer)['frame.interface_id_tree'] as
    | Record<string, string>
    | undefined;
  const comments = [layers.pkt_comment ?? []].flat() as Record<string, string>[];
  return {
    timeNs: nanoseconds(frame['frame.time_epoch']),
    capturedBytes: Number(frame['frame.cap_len']),
    wireBytes: Number(frame['frame.len']),
    data: Buffer.from(raw?.[0] ?? '', 'hex'),
    section: numberOf(frame['frame.section_number'], -1),
    interface: numberOf(frame['frame.interface_id']),
    interfaceName: tree?.['frame.interface_name'],
    comments: comments.map((comment) => comment['frame.comment']),
  };
}

function numberOf(text: string | undefined, more = 0): number | undefined {
  return text === undefined ? undefined : Number(text) + more;
}

/** `1700000000.000000001` */
function nanoseconds(text: string | undefined): bigint | null {
  return text === undefined ? null : BigInt(text.replace('.', ''));
}

/** What capinfos says of each file: the columns of its table by their titles. */
export function capinfos(...files: string[]): Record<string, string>[] {
  const options = ['-T', '-Q', '-m', '-c', '-t', '-E', '-d', '-a', '-e', '-S'];
  const table = tool('capinfos', ...options, ...files);
  const rows = table
    .trim()
    .split('\n')
    .map((line) => JSON.parse(`[${line}]`) as string[]);
  return rows.slice(1).map((row) => Object.fromEntries(row.map((cell, i) => [rows[0][i], cell])));
}

/** The packets' bytes as libpcap reads them. */
export function readWithTcpdump(file: string): Uint8Array[] {
  const text = tool('tcpdump', '-n', '-q', '-t', '-xx', '-r', file);
  const packets: string[] = [];
  for (const line of text.split('\n')) {
    const bytes = /^\t0x([0-9a-f]+): {2}([0-9a-f ]+)$/.exec(line);
    if (bytes === null) continue;
    if (/^0+$/.test(bytes[1])) packets.push('');
    packets[packets.length - 1] += bytes[2].replaceAll(' ', '');
  }
  return packets.map((hex) => Buffer.from(hex, 'hex'));
}

export function tool(name: string, ...args: string[]): string {
  return execFileSync(findProgram(name), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: OUTPUT_BYTES_MAX,
  });
}

/** A folder for files, gone when the process ends at the latest. */
export class CaptureFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'netemu-captures-'));
  readonly #remove = () => rmSync(this.path, { recursive: true, force: true });

  constructor() {
    process.once('exit', this.#remove);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, bytes: Uint8Array): string {
    writeFileSync(this.file(name), bytes);
    return this.file(name);
  }

  remove(): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}

export interface TextPacket {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly data: Uint8Array;
}

/** A pcapng file of one interface, made by text2pcap from hexadecimal text. */
export function text2pcap(
  folder: CaptureFolder,
  name: string,
  link: number,
  packets: readonly TextPacket[],
): string {
  const text = packets.map(({ seconds, nanoseconds, data }) => {
    const hex = Buffer.from(data).toString('hex').replace(/../g, ' $&');
    return `${seconds}.${String(nanoseconds).padStart(9, '0')}\n000000${hex}\n`;
  });
  const from = folder.write(`${name}.txt`, Buffer.from(text.join('\n')));
  const to = folder.file(name);
  tool('text2pcap', '-q', '-t', '%s.%f', '-l', String(link), '-N', `if${link}`, from, to);
  return to;
}
