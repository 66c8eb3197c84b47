/**
 * Recordings for tests, block by block: the golden QUIC packets as `up --record` would write them, with whatever
 * verdicts, true or not.
 */
import {
  endComment,
  headerComments,
  type RecordingHeader,
} from '../../src/pcap/recording/header.js';
import { little, words } from './capture-bytes.js';
import { goldenPackets } from './golden-captures.js';
import { concat } from './packet-bytes.js';

export const RULES = ['udp:443 loss 3% delay 5ms jitter 4ms', 'any rate 8mbit queue 40p'];
const LATER = ['udp:443 loss 30%'];

export interface Recorded {
  /** Verdicts by packet, which may be falsified. */
  readonly verdicts: readonly (string | null)[];
  readonly headers?: Partial<RecordingHeader>;
  /** The packet before which other rules came into force. */
  readonly changeAt?: number;
  readonly end?: { readonly lost: number; readonly endNs?: number } | null;
}

export const packets = goldenPackets('quic');
/** The engine had run for a while when the first packet came. */
const OFFSET_NS = packets[0].timeNs - 5_000_000_123n;
export const engineNs = (i: number) => Number(packets[i].timeNs - OFFSET_NS);

export function header(
  rules: readonly string[],
  startNs: number,
  continues: boolean,
): RecordingHeader {
  return {
    version: '0.1.0',
    seed: 'recorded',
    source: { rules },
    memoryBytes: 2 ** 24,
    clockOffsetNs: `${OFFSET_NS}`,
    startNs,
    continues,
  };
}

/** As `up --record` would write it. */
export function recording({
  verdicts,
  changeAt = Number.POSITIVE_INFINITY,
  end = { lost: 0 },
}: Recorded) {
  const section = (of: RecordingHeader) =>
    concat(
      little.section({
        options: little.options(...headerComments(of).map((text) => [1, text] as [number, string])),
      }),
      ...['eth0 out', 'eth0 in'].map((name) =>
        little.interface({ options: little.options([2, name], [9, Uint8Array.of(9)]) }),
      ),
    );
  const blocks = packets.flatMap(({ frame, timeNs, direction }, i) => {
    const flags = Uint8Array.of(direction === 'out' ? 2 : 1, 0, 0, 0);
    const verdict = verdicts[i];
    const comment = verdict === null ? [] : ([[1, verdict]] as [number, string][]);
    const block = little.enhanced({
      data: frame,
      time: words(timeNs),
      interface: direction === 'out' ? 0 : 1,
      options: little.options([2, flags], ...comment),
    });
    return i === changeAt ? [section(header(LATER, engineNs(i), true)), block] : [block];
  });
  const { lost = 0, endNs = engineNs(packets.length - 1) } = end ?? {};
  const text = endComment({ endNs, packets: packets.length, lost });
  const statistics = little.block(5, concat(little.u32(1, 0, 0), little.options([1, text])));
  return concat(
    section(header(RULES, 0, false)),
    ...blocks,
    end === null ? new Uint8Array(0) : statistics,
  );
}
