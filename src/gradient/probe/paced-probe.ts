/**
 * A probe whose samples are begun by the clock, whatever became of those before, against one server whose
 * address is found once. Each kind says how a sample of it begins.
 */
import { type Cuttable, OpenSamples } from './open-samples.js';
import { paced } from './pacing.js';
import { PAIRED_SAMPLES_MAX } from './pairing.js';
import type { MetricSpec, Probe, ProbeRequest, SampleSink, SegmentRequest } from './probe.js';
import { type ServerEnd, serverEndOf } from './server-end.js';
import { TcpPorts } from './tcp-ports.js';

const PORTS_AGAIN =
  `more than ${PAIRED_SAMPLES_MAX} samples in a segment: from there on source ports come again, and ` +
  'samples are no pairs of those at other steps (--repeat has further ones in segments of their own)';

interface PacedSegment {
  readonly segment: SegmentRequest;
  readonly sink: SampleSink;
  readonly end: ServerEnd;
  /** For TCP connections, through all segments. */
  readonly ports: TcpPorts;
}

/** Makes a sample, which calls `onClosed` once, some time after. */
type BeginSample = (index: number, atMs: number, onClosed: () => void) => Cuttable;

interface PacedKind {
  readonly metrics: readonly MetricSpec[];
  readonly host: string;
  readonly port: number;
  readonly ratePerSecond: number;
  /** Called once for each segment. */
  readonly begin: (context: PacedSegment) => BeginSample;
}

export function pacedProbe({ text }: ProbeRequest, kind: PacedKind): Probe {
  let end: ServerEnd;
  let ports: TcpPorts;
  return {
    metrics: kind.metrics,
    async prepare() {
      end = await serverEndOf(text, kind.host, kind.port);
      ports = new TcpPorts();
      return null;
    },
    async run(segment, sink, signal) {
      const samples = new OpenSamples(signal);
      const begin = kind.begin({ segment, sink, end, ports });
      const add = (index: number, atMs: number) => {
        if (index === PAIRED_SAMPLES_MAX) sink.note(PORTS_AGAIN);
        samples.add((onClosed) => begin(index, atMs, onClosed));
      };
      await paced(segment, kind.ratePerSecond, add, sink, signal);
      await samples.none();
    },
    async close() {},
  };
}
