/** The probes `http://` and `https://`: each sample is one request over a connection of its own. */
import { type HttpOutcome, HttpSample } from './http-sample.js';
import type { HttpSettings } from './http-settings.js';
import { pacedProbe } from './paced-probe.js';
import { FAILED, type MakeProbe, type MetricSpec } from './probe.js';
import { CONNECT, LATE, RETRANSMITTED } from './tcp-metrics.js';

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
  const { host, port, rate } = settings;
  const tls = settings.isTls ? [TLS] : [];
  return pacedProbe(request, {
    metrics: [TOTAL, CONNECT, ...tls, FIRST_BYTE, GOODPUT, LATE, RETRANSMITTED, FAILED],
    ...{ host, port, ratePerSecond: rate },
    begin:
      ({ sink, end, ports }) =>
      (index, atMs, onClosed) => {
        const onOutcome = ({ failure, values, status }: HttpOutcome) => {
          sink.add({ index, atMs, failure, values });
          if (status !== null && status >= 300 && status < 400) sink.note(redirect(status));
        };
        return new HttpSample({ end, ports, settings, onOutcome, onClosed });
      },
  });
};

function redirect(status: number): string {
  return `the server answers with status ${status}: redirects are not followed`;
}
