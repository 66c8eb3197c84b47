/**
 * A live run is recorded, and a replay of the recording comes to each of its verdicts again: which packets
 * were lost, how long each was held, to the nanosecond. Bulk in super-packets, a QUIC transfer and a storm of
 * DNS queries at once, under rules of all kinds, with changes while it runs. `scripts/recording-campaign` does
 * it many times, with other seeds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { startDnsmasq } from '../support/dns.js';
import { test } from '../support/live-test.js';
import { NETEMU, type NetnsLab } from '../support/netns-lab.js';
import { QuicSite } from '../support/quic-site.js';

/** Rounds of all cases; null: the one of `npm test`. */
const ROUNDS = process.env.NETEMU_RECORDINGS ?? null;
const SEED = process.env.NETEMU_RECORDINGS_SEED ?? 'verified';

const IPERF_PORT = 5201;
const QUERIES = 60;
const BULK_BYTES = 4_000_000;
const QUIC_BYTES = 300_000;
/** Where bursts of losses keep TCP from beginning, the queries remain. */
const PACKETS_MIN = 80;

/** Of each kind of impairment for each kind of traffic; a case ends with rules that `set` brings. */
const CASES: Readonly<Record<string, { readonly rules: string[]; readonly later?: string[] }>> = {
  loss: { rules: ['dns loss 20%', `tcp:${IPERF_PORT} loss 1%`, 'udp loss 2%'] },
  burst: {
    rules: ['any loss 3% burst 4 delay 1ms'],
    later: ['any loss 1% corr 50% delay 2ms'],
  },
  jitter: {
    rules: ['dns delay 20ms jitter 15ms unordered', 'any delay 2ms jitter 1ms normal'],
  },
  reorder: { rules: ['tcp delay 1ms reorder 2% by 3', 'udp delay 5ms reorder 10%'] },
  rate: {
    rules: ['tcp rate 80mbit queue 60p', 'udp rate 20mbit queue 1mb aqm codel ecn delay 3ms'],
    later: ['tcp rate 50mbit queue 30p', 'udp rate 20mbit queue 1mb aqm codel ecn delay 3ms'],
  },
  copies: {
    rules: ['udp duplicate 5% corrupt 1% delay 1ms', `tcp corrupt 0.1% duplicate 1%`],
  },
};

/** The same flows under a schedule: ramps, an outage, a change of rate. */
const SCHEDULE = `
rules:
  - {match: dns, loss: 10%, outage: on 200ms off 50ms}
  - {match: tcp, name: bulk, rate: 100mbit, delay: 1ms}
  - {match: udp, name: quic, loss: 0%}
schedule:
  - {at: 200ms, rules: [{match: bulk, rate: 60mbit, loss: 1%}]}
  - {at: 300ms, rules: [{match: quic, loss: 0% -> 10% over 1s, delay: 0ms -> 20ms over 1s}]}
`;

const names =
  ROUNDS === null ? ['copies', 'rate', 'schedule'] : [...Object.keys(CASES), 'schedule'];

test.for(names)(
  '%s: every verdict again',
  { timeout: 30_000 * Number(ROUNDS ?? 2) },
  async (name, { lab }) => {
    const folder = mkdtempSync(join(tmpdir(), 'netemu-recordings-'));
    const site = new QuicSite(lab, QUIC_BYTES);
    onTestFinished(() => {
      site.close();
      rmSync(folder, { recursive: true, force: true });
    });
    await site.serve();
    await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
    await lab
      .start(lab.far, 'iperf3', '-s', '-p', `${IPERF_PORT}`, '--forceflush')
      .printed(/listening/);
    for (let round = 0; round < Number(ROUNDS ?? 1); round++) {
      const file = join(folder, `${name}-${round}.pcapng`);
      await record(lab, site, name, `${SEED} ${round}`, file);
      const verified = await verify(lab, file);
      if (ROUNDS !== null) console.log(`${name} ${round}: ${JSON.stringify(verified)}`);
      expect(verified).toMatchObject({ code: 0, differences: 0, unverifiable: 0, lost: 0 });
      expect(verified.packets).toBeGreaterThan(PACKETS_MIN);
      // Counters of changed rules begin anew.
      if (CASES[name]?.later === undefined) expect(verified.judged).toBeGreaterThan(0);
      rmSync(file);
    }
  },
);

async function record(
  lab: NetnsLab,
  site: QuicSite,
  name: string,
  seed: string,
  file: string,
): Promise<void> {
  const { rules, later } = CASES[name] ?? { rules: [] };
  const scenario = join(lab.runtimeDir, 'scenario.yaml');
  writeFileSync(scenario, SCHEDULE);
  const given = name === 'schedule' ? ['-f', scenario] : rules;
  const up = await lab.up(...given, '--seed', seed, '--record', file);
  const dns = lab.start(lab.near, 'sh', '-c', queries(lab));
  const bulk = lab.start(lab.near, 'sh', '-c', transfers(lab));
  const quic = site.fetch('quic.example.test');
  if (later !== undefined) {
    await lab.statusWhen((status) => seenOf(status.rules) > PACKETS_MIN / 4);
    await lab.set('n1', ...later);
  }
  await Promise.all([dns.finished, bulk.finished, quic]);
  const { code, stderr } = await up.end('SIGTERM');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** They may fail: that is what the rules are for. */
function queries({ far4, far6 }: NetnsLab): string {
  const dig = 'dig +tries=1 +time=1 +short';
  return `for i in $(seq ${QUERIES / 2}); do
    ${dig} @${far4} x$i.example.test & ${dig} @${far6} y$i.example.test & sleep 0.01
  done; wait`;
}

function transfers({ far4 }: NetnsLab): string {
  const iperf = `timeout 10 iperf3 -c ${far4} -p ${IPERF_PORT} -n ${BULK_BYTES}`;
  return `${iperf}; ${iperf} -R; true`;
}

function seenOf(rules: readonly { out: { seen: number } }[]): number {
  return rules.reduce((sum, { out }) => sum + out.seen, 0);
}

interface Verified {
  readonly code: number | null;
  readonly packets: number;
  /** Verdicts that were not simply to pass. */
  readonly judged: number;
  readonly differences: number;
  readonly unverifiable: number;
  readonly lost: number | null;
  readonly first: unknown;
}

async function verify(lab: NetnsLab, file: string): Promise<Verified> {
  const args = [NETEMU, 'replay', file, '--verify', '--json'];
  const { code, stdout, stderr } = await lab.start(lab.near, process.execPath, ...args).finished;
  expect(stderr).toBe('');
  const { packets, rules, verify: verification } = JSON.parse(stdout);
  const { differences, unverifiable, firstDifference: first, end } = verification;
  const judged = rules
    .flatMap((rule: { out: Counts; in: Counts }) => [rule.out, rule.in])
    .reduce((sum: number, counts: Counts) => sum + alteredOf(counts), 0);
  return { code, packets, judged, differences, unverifiable, lost: end?.lost ?? null, first };
}

interface Counts {
  readonly dropped: Readonly<Record<string, number>>;
  readonly delayed: number;
}

/** What jitter and copies do instead of losing packets counts as well. */
function alteredOf({ dropped, delayed }: Counts): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, delayed);
}
