/** Finds the address of a probe's server, once: samples are about the way there and not about names. */
import { lookup } from 'node:dns/promises';
import { environmentError } from '../../errors.js';

export interface ServerEnd {
  /** An address, no name. */
  readonly address: string;
  readonly port: number;
}

/** Errors: E_PROBE. */
export async function serverEndOf(url: string, host: string, port: number): Promise<ServerEnd> {
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
