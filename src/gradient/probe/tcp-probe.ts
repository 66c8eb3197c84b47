/**
 * The probe `tcp://`: each sample is a connection of its own, opened by the clock whatever became of those
 * before, and with `send` or `receive` a transfer over it, whose congestion window and RTT the kernel tells.
 */
import { paced } from './pacing.js';
import type { MakeProbe } from './probe.js';
import { tcpEndOf } from './tcp-address.js';
import type { TcpEnd } from './tcp-dial.js';
import { tcpMetrics } from './tcp-metrics.js';
import { OpenSamples } from './tcp-open-samples.js';
import { TcpPorts } from './tcp-ports.js';
import { type TcpOutcome, TcpSample } from './tcp-sample.js';
import type { TcpSettings } from './tcp-settings.js';

/** Of each segment: those whose course is kept. */
const WATCHED = 5;

const OVERLAP =
  'transfers overlapped: they shared what limits the path (a lower rate= spaces them)';

export const makeTcpProbe: MakeProbe = (request) => {
  const settings = request.settings as unknown as TcpSettings;
  let end: TcpEnd;
  let ports: TcpPorts;
  return {
    metrics: tcpMetrics(settings),
    async prepare() {
      end = await tcpEndOf(request.text, settings.host, settings.port);
      ports = new TcpPorts();
      return null;
    },
    async run(segment, sink, signal) {
      const samples = new OpenSamples(signal);
      let running = 0;
      const begin = (index: number, atMs: number) => {
        if (running++ > 0 && settings.bytes > 0) sink.note(OVERLAP);
        const isWatched = settings.bytes > 0 && index < WATCHED;
        const onOutcome = ({ failure, values, series }: TcpOutcome) => {
          running--;
          sink.add({ index, atMs, failure, values });
          if (series !== null) sink.series({ index, ...series });
        };
        samples.add(
          (onClosed) => new TcpSample(end, ports, { settings, isWatched, onOutcome, onClosed }),
        );
      };
      await paced(segment, settings.rate, begin, sink, signal);
      await samples.none();
    },
    async close() {},
  };
};
