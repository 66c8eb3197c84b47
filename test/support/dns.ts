/** Real DNS: dnsmasq as the server, dig and kdig as clients. */
import type { NetnsLab, Running } from './netns-lab.js';

export const NAME = 'www.example.test';
export const ADDRESS4 = '192.0.2.1';

/** dig counts in whole seconds; an answer takes some milliseconds. */
const PATIENCE_SECONDS = 1;

/** Serves NAME on port 53 of the addresses, over UDP and TCP. */
export async function startDnsmasq(
  lab: NetnsLab,
  namespace: string,
  ...addresses: string[]
): Promise<Running> {
  const running = lab.start(
    namespace,
    'dnsmasq',
    // In the foreground, TCP too, with nothing from this machine's configuration.
    '--no-daemon',
    '--conf-file=/dev/null',
    '--pid-file=',
    '--user=root',
    '--no-resolv',
    '--no-hosts',
    '--bind-interfaces',
    `--address=/${NAME}/${ADDRESS4}`,
    ...addresses.map((address) => `--listen-address=${address}`),
  );
  await running.printed(/started/);
  return running;
}

export type Transport = 'udp' | 'tcp';

/** Whether dig gets the answer, in one try; `from` is ADDRESS#PORT. */
export async function resolves(
  lab: NetnsLab,
  namespace: string,
  server: string,
  transport: Transport = 'udp',
  from?: string,
): Promise<boolean> {
  const source = from === undefined ? [] : ['-b', from];
  const tries = ['+tries=1', `+time=${PATIENCE_SECONDS}`, '+short', `+${tcpFlag(transport)}`];
  const dig = lab.start(namespace, 'dig', ...source, ...tries, `@${server}`, NAME, 'A');
  const { code, stdout } = await dig.finished;
  return code === 0 && stdout.trim() === ADDRESS4;
}

/** How long kdig waits for its answer, with the connection over TCP; throws without an answer. */
export async function queryMs(
  lab: NetnsLab,
  namespace: string,
  server: string,
  transport: Transport = 'udp',
): Promise<number> {
  const tries = ['+retry=0', '+timeout=10', `+${tcpFlag(transport)}`];
  const startMs = performance.now();
  const kdig = lab.start(namespace, 'kdig', ...tries, `@${server}`, NAME, 'A');
  const stdout = await kdig.succeeded();
  if (!stdout.includes(ADDRESS4)) throw new Error(`no answer:\n${stdout}`);
  const tookMs = Number(/ in ([0-9.]+) ms/.exec(stdout)?.[1]);
  if (!(tookMs <= performance.now() - startMs)) throw new Error(`no time:\n${stdout}`);
  return tookMs;
}

function tcpFlag(transport: Transport): string {
  return transport === 'tcp' ? 'tcp' : 'notcp';
}
