/**
 * The probe `dns://`: each sample is a lookup as a program's would be, with its resolver's way of asking
 * again, from a source port of its own.
 */
import { DnsLookup } from './dns-lookup.js';
import type { DnsQuestion } from './dns-message.js';
import { DnsPorts } from './dns-ports.js';
import { firstWaitMs } from './dns-retry.js';
import { type DnsSettings, freshName, typesOf } from './dns-settings.js';
import { pacedProbe } from './paced-probe.js';
import { FAILED, type MakeProbe, type MetricSpec, type SegmentRequest } from './probe.js';

/** What lookups fail with when all descriptors are in use. */
const NO_DESCRIPTOR = 'no descriptor';
const DESCRIPTORS =
  'too many lookups were open at once: a higher limit (ulimit -n 65536), or a lower rate= or timeout=';

/** Rare, and known only when it happens. */
const MOVED =
  'the server refused lookups, which went on from further source ports: each is a further flow, so that ' +
  'the samples that begin after it are no pairs of those at other steps';

const IDS = 65_536;
/** Odd, and far from small numbers: segments that follow one another have other ids for a sample. */
const ID_STEP = 40_503;

export const makeDnsProbe: MakeProbe = (request) => {
  const settings = request.settings as unknown as DnsSettings;
  const { server: host, port, rate } = settings;
  let segments = 0;
  return pacedProbe(request, {
    ...{ metrics: dnsMetrics(settings), host, port, ratePerSecond: rate },
    begin({ segment, sink, end, ports: tcpPorts }) {
      const ports = new DnsPorts();
      const segmentNumber = segments++;
      return (index, atMs, onClosed) => {
        const questions = questionsOf(settings, segment, index, segmentNumber);
        return new DnsLookup({
          ...{ index, questions, settings, end, ports, tcpPorts, onClosed },
          onOutcome: ({ failure, values, hasMoved }) => {
            if (failure === NO_DESCRIPTOR) sink.note(DESCRIPTORS);
            if (hasMoved && settings.pairing === 'exact') sink.note(MOVED);
            sink.add({ index, atMs, failure, values });
          },
        });
      };
    },
  });
};

/** A late answer to the segment before comes to the same port, and must not be taken for one to this. */
function questionsOf(
  settings: DnsSettings,
  segment: SegmentRequest,
  index: number,
  segmentNumber: number,
): readonly DnsQuestion[] {
  const name = freshName(settings, segment, index);
  const firstId = index * settings.pairs + segmentNumber * ID_STEP;
  return typesOf(settings).map((type, query) => ({ id: (firstId + query) % IDS, name, type }));
}

function dnsMetrics(settings: DnsSettings): readonly MetricSpec[] {
  const { transport, pairs } = settings;
  const latency = metric('latency', 'time', 'from the first query to the (last) answer');
  const garbage = metric('garbage', 'count', 'packets that answered no query, and were ignored');
  if (transport === 'tcp') return [{ ...latency, main: true }, garbage, FAILED];
  const lateAfter = `${Number(firstWaitMs(settings).toFixed(3))} ms`;
  return [
    { ...latency, main: true },
    metric(
      'late',
      'share',
      `no answer within ${lateAfter}, the wait of the first try, or none at all`,
    ),
    metric('retried', 'share', 'asked again'),
    metric('attempts', 'count', 'how often it asked'),
    metric('truncated', 'share', 'asked again by TCP, for an answer too long for UDP'),
    ...(pairs === 2 ? [metric('partial', 'share', 'ended with one of A and AAAA only')] : []),
    garbage,
    FAILED,
  ];
}

function metric(name: string, kind: MetricSpec['kind'], says: string): MetricSpec {
  return { name, kind, better: 'lower', says };
}
