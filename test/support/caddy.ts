/** caddy in a lab's far namespace, for every host name, over TLS and QUIC alike, and curl that asks it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NetnsLab } from './netns-lab.js';
import type { QuicSite } from './quic-site.js';

export const HTTPS_PORT = 443;

/** Serves the site's file on port 443 of all addresses: HTTP/1.1, HTTP/2 and HTTP/3. */
export async function startCaddy(lab: NetnsLab, { folder }: QuicSite): Promise<void> {
  const config = join(folder, 'Caddyfile');
  const files = ['cert.pem', 'key.pem'].map((file) => join(folder, file)).join(' ');
  const options = ['admin off', 'auto_https off', 'servers {', 'protocols h1 h2 h3', '}'];
  const site = [`tls ${files}`, `root * ${join(folder, 'site')}`, 'file_server'];
  const lines = ['{', ...options, '}', `https://:${HTTPS_PORT} {`, ...site, '}', ''];
  writeFileSync(config, lines.join('\n'));
  // It keeps what it ran with last in its home.
  const home = join(folder, 'home');
  mkdirSync(home);
  const own = ['HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'].map((name) => `${name}=${home}`);
  const args = ['run', '--config', config, '--adapter', 'caddyfile'];
  const caddy = lab.start(lab.far, 'env', ...own, 'caddy', ...args);
  const isThere = (kind: string) =>
    lab.run(lab.far, 'ss', `-Hln${kind}`, `sport = :${HTTPS_PORT}`) !== '';
  while (!isThere('t') || !isThere('u')) {
    if (!caddy.isRunning) throw new Error(`caddy ended:\n${caddy.stderr}`);
    await sleep(20);
  }
}

/** What one run of curl came to. */
export interface Got {
  /** 0: all went well; 28: time is up. */
  readonly code: number | null;
  readonly bytes: number;
  /** The TCP connection stood, so that TLS began; the TLS session stood. */
  readonly isConnected: boolean;
  readonly isSecured: boolean;
}

/** Fetches the file over TLS from the near namespace, as a client that asks for `name`. */
export async function curl(
  lab: NetnsLab,
  name: string,
  address: string,
  seconds = 10,
): Promise<Got> {
  const host = address.includes(':') ? `[${address}]` : address;
  const { code, stdout, stderr } = await lab.start(
    lab.near,
    'curl',
    ...['--silent', '--verbose', '--insecure', '--noproxy', '*', '--output', '/dev/null'],
    ...['--max-time', String(seconds), '--resolve', `${name}:${HTTPS_PORT}:${host}`],
    ...['--write-out', '%{size_download}', `https://${name}/file`],
  ).finished;
  return {
    code,
    bytes: Number(stdout),
    isConnected: stderr.includes('(OUT), TLS handshake, Client hello'),
    isSecured: stderr.includes('SSL connection using'),
  };
}
