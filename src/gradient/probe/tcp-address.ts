/** Finds the address of a probe's server, once: samples are about connections and not about names. */
import { lookup } from 'node:dns/promises';
import { environmentError } from '../../errors.js';
import type { TcpEnd } from './tcp-dial.js';

export async function tcpEndOf(url: string, host: string, port: number): Promise<TcpEnd> {
  try {
    const { address } = await lookup(host);
    return { address, port };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw environmentError(
      'E_PROBE',
      `--probe ${url}: the name ${host} leads to no address (${code})`,
      'give the address instead, or a name that is known where the probe runs',
    );
  }
}
