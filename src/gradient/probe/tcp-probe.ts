/**
 * The probe `tcp://`: each sample is a connection of its own, and with `send` or `receive` a transfer over
 * it, whose congestion window and RTT the kernel tells.
 */
import { pacedProbe } from './paced-probe.js';
import type { MakeProbe } from './probe.js';
import { tcpMetrics } from './tcp-metrics.js';
import { type TcpOutcome, TcpSample } from './tcp-sample.js';
import type { TcpSettings } from './tcp-settings.js';

/** Of each segment: those whose course is kept. */
const WATCHED = 5;

const OVERLAP =
  'transfers overlapped: they shared what limits the path (a lower rate= spaces them)';

export const makeTcpProbe: MakeProbe = (request) => {
  const settings = request.settings as unknown as TcpSettings;
  const { host, port, rate, bytes } = settings;
  return pacedProbe(request, {
    ...{ metrics: tcpMetrics(settings), host, port, ratePerSecond: rate },
    begin({ sink, end, ports }) {
      let running = 0;
      return (index, atMs, onClosed) => {
        if (running++ > 0 && bytes > 0) sink.note(OVERLAP);
        const isWatched = bytes > 0 && index < WATCHED;
        const onOutcome = ({ failure, values, series }: TcpOutcome) => {
          running--;
          sink.add({ index, atMs, failure, values });
          if (series !== null) sink.series({ index, ...series });
        };
        return new TcpSample({ end, ports, settings, isWatched, onOutcome, onClosed });
      };
    },
  });
};
