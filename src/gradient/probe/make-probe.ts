/** The probe of a request. Each kind's module is loaded only when it is asked for: probers start quickly. */
import type { Probe, ProbeRequest } from './probe.js';

export async function makeProbe(request: ProbeRequest): Promise<Probe> {
  switch (request.kind) {
    case 'dns':
      return (await import('./dns-probe.js')).makeDnsProbe(request);
    case 'quic':
      return (await import('./quic-probe.js')).makeQuicProbe(request);
    case 'tcp':
      return (await import('./tcp-probe.js')).makeTcpProbe(request);
    case 'http':
      return (await import('./http-probe.js')).makeHttpProbe(request);
    case 'command':
      return (await import('./command-probe.js')).makeCommandProbe(request);
  }
}
