/** ngtcp2's QUIC server and client in a lab's namespaces, with a file to fetch. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NetnsLab, Running } from './netns-lab.js';

export const QUIC_PORT = 4433;

export interface QuicServer {
  readonly running: Running;
  /** The client's endpoints that datagrams came from, in the order they appeared. */
  clients(): string[];
}

/** What one run of the client is to do. */
export interface QuicFetching {
  readonly address?: string;
  readonly port?: number;
  readonly handshakeTimeout?: string;
  /** It sends so many bytes first: the server answers when it has all of them. */
  readonly uploadBytes?: number;
}

/** What one run of the client came to. */
export interface QuicFetch {
  /** "QUIC handshake has completed". */
  readonly isConnected: boolean;
  /** The file that came is the file that was asked for. */
  readonly isComplete: boolean;
  readonly log: string;
}

export interface QuicClient {
  readonly command: readonly [string, ...string[]];
  /** When it has ended, from what it printed. */
  outcome(log: string): QuicFetch;
}

export class QuicSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'netemu-quic-'));
  readonly #lab: NetnsLab;
  #fetches = 0;

  /** `bytes`: size of the file. */
  constructor(lab: NetnsLab, bytes: number, certificate: CertificateSize = 'usual') {
    this.#lab = lab;
    mkdirSync(join(this.folder, 'site'));
    writeFileSync(join(this.folder, 'site', 'file'), Buffer.alloc(bytes, 'netemu'));
    makeCertificate(this.folder, certificate);
  }

  /** Listens, in the far namespace unless another is named; `*` is any address. */
  async serve(address = this.#lab.far4, namespace = this.#lab.far): Promise<QuicServer> {
    const lab = this.#lab;
    const files = ['key.pem', 'cert.pem'].map((file) => join(this.folder, file));
    const args = ['--no-quic-dump', '--no-http-dump', '-d', join(this.folder, 'site')];
    const place = [address, String(QUIC_PORT), ...files];
    const running = lab.start(namespace, 'gtlsserver', ...args, ...place);
    // It says nothing when it listens: the kernel knows.
    while (lab.run(namespace, 'ss', '-Huln', `sport = :${QUIC_PORT}`) === '') {
      if (!running.isRunning) throw new Error(`gtlsserver ended:\n${running.stderr}`);
      await sleep(20);
    }
    const clients = () => {
      const log = running.stdout + running.stderr;
      const found = log.matchAll(/Received packet:.*? remote=(\S+)/g);
      return [...new Set(Array.from(found, (match) => match[1]))];
    };
    return { running, clients };
  }

  /** Fetches the file from the near namespace, as a client that asks for `name`. */
  async fetch(name: string, fetching: QuicFetching = {}): Promise<QuicFetch> {
    const { command, outcome } = this.client(name, fetching);
    const { stdout, stderr } = await this.#lab.start(this.#lab.near, ...command).finished;
    return outcome(stdout + stderr);
  }

  /** The client that does it, for whoever starts it elsewhere. */
  client(name: string, fetching: QuicFetching = {}): QuicClient {
    const { address = this.#lab.far4, port = QUIC_PORT } = fetching;
    const { handshakeTimeout = '10s', uploadBytes = 0 } = fetching;
    const folder = join(this.folder, `fetch-${this.#fetches++}`);
    mkdirSync(folder);
    // gtlsclient sends the name that it connects to, whatever --sni says.
    const hosts = join(folder, 'hosts');
    writeFileSync(hosts, `${address} ${name}\n`);
    const upload = join(folder, 'upload');
    writeFileSync(upload, Buffer.alloc(uploadBytes, 'upload'));
    const command = [
      ...['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts],
      ...['gtlsclient', '--no-quic-dump', '--no-http-dump', `--download=${folder}`],
      ...['--exit-on-all-streams-close', `--handshake-timeout=${handshakeTimeout}`],
      ...(uploadBytes > 0 ? ['--http-method=POST', `--data=${upload}`] : []),
      ...['--timeout=20s', name, String(port), `https://${name}:${port}/file`],
    ] as const;
    const outcome = (log: string) => {
      const isConnected = log.includes('QUIC handshake has completed');
      return { isConnected, isComplete: isSame(folder, this.folder), log };
    };
    return { command, outcome };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isSame(folder: string, site: string): boolean {
  try {
    return readFileSync(join(folder, 'file')).equals(readFileSync(join(site, 'site', 'file')));
  } catch {
    return false;
  }
}

/** A `large` one does not fit the datagram that the server's Initial is in, nor the next one. */
type CertificateSize = 'usual' | 'large';

/** key.pem and cert.pem, for servers that need some. */
export function makeCertificate(folder: string, size: CertificateSize = 'usual'): void {
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const padding = size === 'usual' ? [] : ['-addext', `nsComment=${'netemu '.repeat(300)}`];
  const args = ['req', '-x509', ...key, ...files, '-days', '30', ...subject, ...padding];
  execFileSync('openssl', args, { stdio: 'ignore' });
}
