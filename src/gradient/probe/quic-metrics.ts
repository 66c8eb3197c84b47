/** What the probe `quic://` measures, in the words of the report. */
import { FAILED, type MetricSpec } from './probe.js';
import type { QuicSettings } from './quic-settings.js';

const HANDSHAKE: MetricSpec = {
  name: 'handshake',
  kind: 'time',
  better: 'lower',
  says:
    'from the first datagram to "QUIC handshake has completed" in the client’s log, to its 1 ms; ' +
    'within that by the prober’s clock',
  main: true,
};

const LATE: MetricSpec = {
  name: 'late',
  kind: 'share',
  better: 'lower',
  says: 'the client’s probe timeout fired before the handshake completed, or no answer came in time',
};

const PTO: MetricSpec = {
  name: 'pto',
  kind: 'count',
  better: 'lower',
  says: 'probe timeouts of the client, without those while its pacing holds back the last handshake datagram',
};

const RTT: MetricSpec = {
  name: 'rtt',
  kind: 'time',
  better: 'lower',
  says: 'smoothed, the last one in the client’s qlog, rounded down to 1 ms',
};

const GOODPUT: MetricSpec = {
  name: 'goodput',
  kind: 'bitrate',
  better: 'higher',
  says: 'all bytes over the time from the request until its stream was closed',
};

const CWND: MetricSpec = {
  name: 'cwnd',
  kind: 'bytes',
  better: null,
  says: 'the client’s congestion window, the last one in its qlog',
};

const LOST: MetricSpec = {
  name: 'lost',
  kind: 'count',
  better: 'lower',
  says: 'packets that the client took for lost, in its qlog',
};

export function quicMetrics({ bytes, transfer }: QuicSettings): readonly MetricSpec[] {
  const upload = transfer === 'upload' ? [CWND, LOST] : [];
  const ofTransfer = bytes > 0 ? [GOODPUT, ...upload] : [];
  return [HANDSHAKE, LATE, ...ofTransfer, PTO, RTT, FAILED];
}
