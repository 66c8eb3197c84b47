/**
 * A QUIC server for the demo: ngtcp2's gtlsserver with a certificate of its own. It serves a small page, one
 * of 1 MiB, and makes others on demand: `/50000` has 50 000 bytes. All its files are in memory that only its
 * own mount namespace has, so that they are gone with its process, however that ends.
 */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentError, runtimeError } from '../errors.js';
import { findExecutable } from '../host/executable.js';

const READY_MS = 10_000;
const POLL_MS = 10;
/** From being asked to end to being made to. */
const PATIENCE_MS = 1_000;

/**
 * Arguments: openssl, the server and its arguments. Every step but openssl is an `exec`, so that the process
 * is the server in the end. What is mounted is seen by it alone, and over /tmp, which every machine has.
 */
const SCRIPT = `
openssl=$1
shift
umask 077
mount -t tmpfs -o mode=700,size=2m netemu /tmp && cd /tmp && mkdir pages || exit
echo netemu >pages/index.html
truncate -s 1M pages/1m
words=$("$openssl" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \\
  -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>&1) ||
  { echo "$words" >&2; exit 1; }
exec "$@" key.pem cert.pem
`;

export interface QuicSite {
  readonly port: number;
  close(): Promise<void>;
}

interface QuicSiteOptions {
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** Starts a program where the server is to be, with pipes for its output. */
  readonly spawn: (argv: string[]) => ChildProcess;
}

/** Resolves when it listens. Errors: E_PROGRAM, E_QUIC_SITE. */
export async function startQuicSite({ address, port, spawn }: QuicSiteOptions): Promise<QuicSite> {
  const server = programPath('gtlsserver', 'ngtcp2-server');
  const openssl = programPath('openssl', 'openssl');
  const mortal = [programPath('setpriv', 'util-linux'), '--pdeathsig', 'KILL', '--'];
  const alone = [programPath('unshare', 'util-linux'), '--mount', '--propagation', 'private', '--'];
  const script = ['sh', '-c', SCRIPT, 'netemu-quic-site', openssl];
  // Looking for the largest datagram would be noise after handshakes.
  const quiet = ['--quiet', '--no-quic-dump', '--no-http-dump', '--no-pmtud', '--htdocs', 'pages'];
  const serve = [server, ...quiet, address, String(port)];
  const running = new Running(spawn([...mortal, ...alone, ...script, ...serve]));
  try {
    await listening(running, address, port);
  } catch (error) {
    await running.end();
    throw error;
  }
  return { port, close: () => running.end() };
}

/** Some are where a user's PATH does not look. Errors: E_PROGRAM. */
function programPath(name: string, debian: string): string {
  const path = findExecutable(name) ?? findExecutable(`/usr/sbin/${name}`);
  if (path !== null) return path;
  const mend = `sudo apt-get install ${debian}`;
  throw environmentError('E_PROGRAM', `the QUIC demo needs the program ${name}`, mend);
}

/** The server's process, with what it says. */
class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    // What nobody reads stops the server when the pipe is full.
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        this.#output = (this.#output + text).slice(-2_000);
      });
    }
    this.#ended = new Promise((resolve) => {
      const onEnd = () => {
        this.#hasEnded = true;
        resolve();
      };
      child.on('exit', onEnd);
      child.on('error', (error) => {
        this.#output += error.message;
        onEnd();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get lastWords(): string {
    return this.#output.trim().split('\n').at(-1) || 'without a word';
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    // As with Ctrl-C; it knows no other signal.
    this.#child.kill('SIGINT');
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#ended;
    clearTimeout(killing);
  }
}

/** It says nothing when it listens: its namespace's table of UDP sockets does. Errors: E_QUIC_SITE. */
async function listening(running: Running, address: string, port: number): Promise<void> {
  const what = `the QUIC server at ${address} port ${port}`;
  const giveUpMs = performance.now() + READY_MS;
  while (!isListening(running.pid, isIPv6(address), port)) {
    if (running.hasEnded) {
      throw runtimeError('E_QUIC_SITE', `${what} ended at once: ${running.lastWords}`);
    }
    if (performance.now() > giveUpMs) {
      throw runtimeError('E_QUIC_SITE', `${what} does not listen after ${READY_MS / 1e3} s`);
    }
    await sleep(POLL_MS);
  }
}

/** A socket of that port is one of the process; others may have the port as well. */
function isListening(pid: number | undefined, isV6: boolean, port: number): boolean {
  if (pid === undefined) return false;
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    const table = readFileSync(`/proc/${pid}/net/udp${isV6 ? '6' : ''}`, 'latin1');
    // Number, local and remote end, state, queues, timer, retransmits, user, timeout, inode.
    const columns = table.split('\n').map((line) => line.trim().split(/\s+/));
    const inodes = columns
      .filter((column) => column[1]?.endsWith(local))
      .map(({ 9: inode }) => inode);
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return inodes.some((inode) => files.includes(`socket:[${inode}]`));
  } catch {
    // It has ended.
    return false;
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return null;
  }
}
