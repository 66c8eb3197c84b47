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
  /** Which packets. */
  readonly match: string;
  /** In each segment. */
  readonly count: number;
  probe(address: string): ProbeRequest;
  /** Starts what the far end does not have anyway; returns what ends it. */
  open(far: FarEnd): Promise<() => Promise<void>>;
}

const QUIC_PORT = 4433;

/** Where the far end is unless that overlaps with something here: for plans, which are made before. */
export const DEMO_ADDRESS = '198.19.255.1';

/** What the link has beside what is stepped. */
const DELAY = 'rtt 20ms';

/** The rule of all steps: with a delay, unless that is what is stepped. */
export function demoRule({ match }: Demo, ladder: string): string {
  return /\b(?:delay|rtt)\b/.test(ladder) ? match : `${match} ${DELAY}`;
}

/** Six steps of each take about 50 s; a wait of 100 ms shows what 5 s would, fifty times as often. */
const DNS_WAIT = 'timeout=100ms&attempts=2&retry=glibc';

const nothing = () => Promise.resolve(() => Promise.resolve());

export const DEMO: Readonly<Record<DemoName, Demo>> = {
  dns: {
    match: 'udp:53',
    count: 7_000,
    probe: (address) => readProbe(`dns://${address}/{}.demo.test?${DNS_WAIT}&rate=1000`),
    open: nothing,
  },
  quic: {
    match: `udp:${QUIC_PORT}`,
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
    match: 'tcp:9',
    count: 30,
    probe: (address) => readProbe(`tcp://${address}:9?send=500kb&rate=5&timeout=30s`),
    open: nothing,
  },
  http: {
    match: 'tcp:80',
    count: 300,
    probe: (address) => readProbe(`http://${address}/bytes/20kb#rate=50&timeout=10s`),
    open: nothing,
  },
};
