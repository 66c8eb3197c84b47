/** The instances that are live in this network namespace, read from the tables they own. */
import { z } from 'zod';
import { runtimeError } from '../errors.js';
import { INSTANCE_INDEX_MAX } from '../tun/reentry-tags.js';
import { runProgram } from './program.js';

const PREFIX = 'netemu-';

const ChainsJson = z.object({
  nftables: z.array(
    z.object({
      chain: z
        .object({
          family: z.string(),
          table: z.string(),
          prio: z.union([z.number(), z.string()]).optional(),
        })
        .optional(),
    }),
  ),
});

export interface LiveTables {
  /** Names of the instances. */
  readonly instances: readonly string[];
  /** The smallest index, from 1, that none of them has. */
  readonly freeIndex: number;
}

export async function liveTables(): Promise<LiveTables> {
  const json = await runProgram('nft', ['-j', 'list', 'chains']);
  const chains = ChainsJson.parse(JSON.parse(json)).nftables.flatMap((entry) =>
    entry.chain?.table.startsWith(PREFIX) ? [entry.chain] : [],
  );
  // Those of `run` are of the family inet, and have no index.
  const devices = chains.filter((chain) => chain.family === 'netdev');
  const used = new Set(devices.map((chain) => chain.prio));
  let freeIndex = 1;
  while (used.has(freeIndex)) freeIndex++;
  if (freeIndex > INSTANCE_INDEX_MAX) {
    throw runtimeError(
      'E_TOO_MANY',
      `${INSTANCE_INDEX_MAX} instances are live in this namespace already`,
      'netemu ps lists them, netemu down NAME ends one',
    );
  }
  const instances = [...new Set(chains.map((chain) => chain.table.slice(PREFIX.length)))];
  return { instances, freeIndex };
}
