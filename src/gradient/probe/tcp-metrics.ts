/** What the TCP probe measures, by what it transfers. */
import { FAILED, type MetricSpec } from './probe.js';
import type { TcpSettings } from './tcp-settings.js';

/** Shared with the probes of what runs over TCP. */
export const CONNECT: MetricSpec = {
  name: 'connect',
  kind: 'time',
  better: 'lower',
  says: 'from the first SYN until the connection was established',
};

export const LATE: MetricSpec = {
  name: 'late',
  kind: 'share',
  better: 'lower',
  says: 'the SYN had to be sent again, since it or its answer was lost; also where it timed out',
};

export const RETRANSMITTED: MetricSpec = {
  name: 'retransmitted',
  kind: 'count',
  better: 'lower',
  says: 'segments that this side sent again, the SYN with them',
};

const SENT: readonly MetricSpec[] = [
  RETRANSMITTED,
  { name: 'rtt', kind: 'time', better: 'lower', says: 'smoothed round-trip time at the end' },
  { name: 'cwnd', kind: 'bytes', better: 'higher', says: 'congestion window at the end' },
];

/** Of a transfer towards this side the kernel knows no more: losses and window are the sender's. */
const RECEIVED: readonly MetricSpec[] = [
  {
    name: 'outOfOrder',
    kind: 'count',
    better: 'lower',
    says: 'segments that came before one that should have come earlier',
  },
];

export function tcpMetrics(settings: TcpSettings): readonly MetricSpec[] {
  if (settings.bytes === 0) return [{ ...CONNECT, main: true }, LATE, FAILED];
  return [
    {
      name: 'goodput',
      kind: 'bitrate',
      better: 'higher',
      says: 'bytes of the transfer over its time, both directions together',
      main: true,
    },
    {
      name: 'transfer',
      kind: 'time',
      better: 'lower',
      says: 'from the connection until all was acknowledged, and all that was asked for had come',
    },
    CONNECT,
    LATE,
    ...(settings.sendBytes > 0 ? SENT : []),
    ...(settings.receiveBytes > 0 ? RECEIVED : []),
    FAILED,
  ];
}
