/**
 * The probes `http://` and `https://`: each sample is one request over a connection of its own, opened by
 * the clock whatever became of those before.
 */

import { type HttpOutcome, HttpSample } from './http-sample.js';
import type { HttpSettings } from './http-settings.js';
import { paced } from './pacing.js';
import { FAILED, type MakeProbe, type MetricSpec } from './probe.js';
import { tcpEndOf } from './tcp-address.js';
import type { TcpEnd } from './tcp-dial.js';
import { CONNECT, LATE, RETRANSMITTED } from './tcp-metrics.js';
import { OpenSamples } from './tcp-open-samples.js';
import { TcpPorts } from './tcp-ports.js';

const TOTAL: MetricSpec = {
  name: 'total',
  kind: 'time',
  better: 'lower',
  says: 'from the first SYN to the last byte of the answer',
  main: true,
};

const TLS: MetricSpec = {
  name: 'tls',
  kind: 'time',
  better: 'lower',
  says: 'of the TLS handshake, after the connection was established',
};

const FIRST_BYTE: MetricSpec = {
  name: 'firstByte',
  kind: 'time',
  better: 'lower',
  says: 'from the first SYN until the head of the answer was there',
};

const GOODPUT: MetricSpec = {
  name: 'goodput',
  kind: 'bitrate',
  better: 'higher',
  says: 'bodies of at least 16 KiB over the time from the request to their last byte',
};

export const makeHttpProbe: MakeProbe = (request) => {
  const settings = request.settings as unknown as HttpSettings;
  const tls = settings.isTls ? [TLS] : [];
  let end: TcpEnd;
  let ports: TcpPorts;
  return {
    metrics: [TOTAL, CONNECT, ...tls, FIRST_BYTE, GOODPUT, LATE, RETRANSMITTED, FAILED],
    async prepare() {
      end = await tcpEndOf(request.text, settings.host, settings.port);
      ports = new TcpPorts();
      return null;
    },
    async run(segment, sink, signal) {
      const samples = new OpenSamples(signal);
      const begin = (index: number, atMs: number) => {
        const onOutcome = ({ failure, values, status }: HttpOutcome) => {
          sink.add({ index, atMs, failure, values });
          if (status !== null && status >= 300 && status < 400) sink.note(redirect(status));
        };
        samples.add((onClosed) => new HttpSample(end, ports, { settings, onOutcome, onClosed }));
      };
      await paced(segment, settings.rate, begin, sink, signal);
      await samples.none();
    },
    async close() {},
  };
};

function redirect(status: number): string {
  return `the server answers with status ${status}: redirects are not followed`;
}
