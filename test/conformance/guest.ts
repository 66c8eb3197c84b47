/**
 * A User-Mode Linux that runs the cases: a Linux kernel of its own as an ordinary process, with this
 * machine's files, read-only, as its root. All that it leaves is in the cache, one case at a time; the
 * process and its folder are gone when this returns, throws or is ended by a signal.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Case, fileNameOf } from './cases.js';
import {
  type Measurement,
  RECEIVED,
  SENT,
  type Versions,
  writeMeasurement,
} from './measurement.js';

export interface GuestOptions {
  /** Folder of init.sh and numbered.c. */
  readonly sources: string;
  readonly cache: string;
  readonly packets: number;
  readonly seed: number;
  /** Told of each case that is done. */
  readonly report: (text: string) => void;
}

const MEMORY = '768M';
const BOOT_SECONDS_MAX = 60;
/** Of what a guest said that ended too early. */
const LINES_SHOWN = 20;
/** A guest that gets half the processor's time still ends. */
const SLOWNESS_MAX = 3;

const KERNEL_ARGUMENTS = [
  `mem=${MEMORY}`,
  ...['rootfstype=hostfs', 'rootflags=/', 'ro'],
  ...['con=null', 'con0=null,fd:1', 'quiet', 'panic=5'],
];

/** Boots, runs the cases and stores what they gave in the cache. */
export async function measureInGuest(cases: readonly Case[], options: GuestOptions): Promise<void> {
  const exchange = mkdtempSync(join(tmpdir(), 'netemu-conformance-'));
  let guest: ChildProcess | undefined;
  const clear = () => {
    if (guest !== undefined) killGroup(guest);
    rmSync(exchange, { recursive: true, force: true });
  };
  const end = () => {
    clear();
    process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    compile(join(options.sources, 'numbered.c'), join(exchange, 'numbered'));
    const names = new Map(cases.map((one) => [fileNameOf(one), one]));
    writeFileSync(join(exchange, 'cases'), cases.map((one) => jobLine(one, options)).join(''));
    guest = boot(exchange, options.sources);
    const said: string[] = [];
    await followGuest(guest, secondsOf(cases, options.packets), (line) => {
      const done = names.get(/^done (\S+)$/.exec(line)?.[1] ?? '');
      if (done === undefined) {
        said.push(line);
        return;
      }
      keep(done, exchange, options);
      names.delete(fileNameOf(done));
      options.report(`measured ${done.name}`);
    });
    if (names.size > 0) {
      const words = said.slice(-LINES_SHOWN).join('\n  ');
      throw new Error(`the guest ended before ${[...names.keys()].join(', ')}:\n  ${words}`);
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    clear();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long the cases take when all goes well. */
export function secondsOf(cases: readonly Case[], packets: number): number {
  return cases.reduce((sum, { traffic }) => {
    return sum + (packets * traffic.share) / traffic.perSecond + 1 + (2 * traffic.idleMs) / 1000;
  }, 0);
}

function compile(source: string, program: string): void {
  const { status, stderr, error } = spawnSync('cc', ['-O2', '-o', program, source, '-lm'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cc could not compile ${source}: ${error?.message ?? stderr}`);
}

/** As init.sh reads it. */
function jobLine(one: Case, { packets, seed }: GuestOptions): string {
  const { perSecond, spacing, bytesMin, bytesMax, idleMs } = one.traffic;
  const count = countOf(one, packets);
  const traffic = [count, perSecond, spacing, bytesMin, bytesMax, seed, idleMs];
  return `${fileNameOf(one)} ${traffic.join(' ')} ${one.netem ?? ''}\n`;
}

export function countOf({ traffic }: Case, packets: number): number {
  return Math.round(packets * traffic.share);
}

function boot(exchange: string, sources: string): ChildProcess {
  const own = [
    `init=${join(sources, 'init.sh')}`,
    `NETEMU_EXCHANGE=${exchange}`,
    `umid=netemu-conformance-${process.pid}`,
    `uml_dir=${exchange}`,
  ];
  // A group of its own, to end it with what it was started by; its memory is a file, which on a disk would be
  // written there.
  const command = [...before(), 'linux.uml', ...KERNEL_ARGUMENTS, ...own];
  return spawn(command[0], command.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: '/dev/shm' },
  });
}

/**
 * What the guest is started by, as far as this machine lets us. Its timers are late whenever another process has
 * the processor: with every processor busy, 28 ms at p99, at any nice value (each session has its equal
 * share); 0.07 ms as the lowest of real-time processes. A process namespace ends its helpers with it, and it
 * ends with us, also when we are killed.
 */
const BEFORE = [
  ['setpriv', '--pdeathsig', 'KILL'],
  ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ['chrt', '--rr', '1'],
] as const;

function before(): string[] {
  return BEFORE.filter(([program, ...rest]) => {
    return spawnSync(program, [...rest, 'true']).status === 0;
  }).flat();
}

async function followGuest(
  guest: ChildProcess,
  expectedSeconds: number,
  onLine: (line: string) => void,
): Promise<void> {
  const limitSeconds = BOOT_SECONDS_MAX + SLOWNESS_MAX * expectedSeconds;
  const ended = once(guest, 'close');
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killGroup(guest);
  }, limitSeconds * 1000);
  try {
    createInterface({ input: guest.stderr! }).on('line', onLine);
    for await (const line of createInterface({ input: guest.stdout! })) onLine(line);
    await ended;
  } finally {
    clearTimeout(timer);
  }
  if (isLate) throw new Error(`the guest took more than ${Math.round(limitSeconds)} s`);
}

function killGroup(guest: ChildProcess): void {
  if (guest.pid === undefined) return;
  try {
    process.kill(-guest.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The measurement is written last: where it is, the logs are whole. */
function keep(one: Case, exchange: string, { cache, packets, seed }: GuestOptions): void {
  const name = fileNameOf(one);
  for (const kind of [SENT, RECEIVED]) {
    const file = `${name}.${kind}`;
    copyFileSync(join(exchange, file), join(cache, `${file}.part`));
    renameSync(join(cache, `${file}.part`), join(cache, file));
    rmSync(join(exchange, file));
  }
  const text = (file: string) => readFileSync(join(exchange, file), 'utf8').trim();
  const versions: Versions = {
    kernel: text('kernel'),
    iproute2: /iproute2-([\w.-]+)/.exec(text('tc'))?.[1] ?? text('tc'),
  };
  const measurement: Measurement = {
    name: one.name,
    netem: one.netem,
    traffic: one.traffic,
    packets: countOf(one, packets),
    seed,
    versions,
    qdisc: text(`${name}.qdisc`),
    date: new Date().toISOString().slice(0, 10),
  };
  writeMeasurement(cache, name, measurement);
}
