/**
 * `--demo`: a ladder that needs no network. Client and server are in two private namespaces, joined by the
 * emulated link; the far end has DNS, HTTP and a sink for TCP of its own, and gtlsserver for QUIC.
 */
import { spawn } from 'node:child_process';
import type { FarEnd } from './link.js';
import type { ProbeRequest } from './probe/probe.js';
import { readProbe } from './probe/probe-url.js';
import { startQuicSite } from './quic-site.js';

export const DEMOS = ['dns', 'quic', 'tcp', 'http'] as const;
export type DemoName = (typeof DEMOS)[number];

export interface Demo {
  /** Without the stepped part. */
  readonly rule: string;
  /** In each segment. */
  readonly count: number;
  probe(address: string): ProbeRequest;
  /** Starts what the far end does not have anyway; returns what ends it. */
  open(far: FarEnd): Promise<() => Promise<void>>;
}

const QUIC_PORT = 4433;

/** Where the far end is unless that overlaps with something here: for plans, which are made before. */
export const DEMO_ADDRESS = '198.19.255.1';

/** Six steps of each take about 50 s; a wait of 100 ms shows what 5 s would, fifty times as often. */
const RULE_DELAY = 'rtt 20ms';
const DNS_WAIT = 'timeout=100ms&attempts=2&retry=glibc';

const nothing = () => Promise.resolve(() => Promise.resolve());

export const DEMO: Readonly<Record<DemoName, Demo>> = {
  dns: {
    rule: `udp:53 ${RULE_DELAY}`,
    count: 7_000,
    probe: (address) => readProbe(`dns://${address}/{}.demo.test?${DNS_WAIT}&rate=1000`),
    open: nothing,
  },
  quic: {
    rule: `udp:${QUIC_PORT} ${RULE_DELAY}`,
    count: 120,
    probe: (address) => readProbe(`quic://${address}:${QUIC_PORT}/?timeout=10s&rate=20`),
    async open(far) {
      const site = await startQuicSite({
        address: far.ipv4,
        port: QUIC_PORT,
        spawn: ([program, ...args]) => far.within(() => spawn(program!, args)),
      });
      return () => site.close();
    },
  },
  tcp: {
    rule: `tcp:9 ${RULE_DELAY}`,
    count: 30,
    probe: (address) => readProbe(`tcp://${address}:9?send=500kb&rate=5&timeout=30s`),
    open: nothing,
  },
  http: {
    rule: `tcp:80 ${RULE_DELAY}`,
    count: 300,
    probe: (address) => readProbe(`http://${address}/bytes/20kb#rate=50&timeout=10s`),
    open: nothing,
  },
};
