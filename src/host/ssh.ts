/**
 * The SSH connection that netemu was started over, so that it can be left alone: sshd puts it into
 * the environment of the session, sudo takes it out again, so the parents are asked too.
 */
import { readFileSync } from 'node:fs';
import type { ExemptConnection } from './nft-table.js';

const PARENTS_MAX = 64;

export function sshConnection(): ExemptConnection | null {
  const value = process.env.SSH_CONNECTION ?? parentsVariable('SSH_CONNECTION');
  return value === null ? null : parseSshConnection(value);
}

/** `CLIENT PORT SERVER PORT`, addresses possibly with a zone; null for anything else. */
export function parseSshConnection(value: string): ExemptConnection | null {
  const parts = /^([0-9a-f.:]+)(?:%\S+)? (\d+) ([0-9a-f.:]+)(?:%\S+)? (\d+)$/i.exec(value.trim());
  if (!parts) return null;
  const [, remoteAddress, remotePort, localAddress, localPort] = parts;
  const family = (address: string) => (address.includes(':') ? 6 : 4);
  if (family(remoteAddress!) !== family(localAddress!)) return null;
  return {
    remoteAddress: remoteAddress!,
    remotePort: Number(remotePort),
    localAddress: localAddress!,
    localPort: Number(localPort),
  };
}

function parentsVariable(name: string): string | null {
  let pid = process.ppid;
  for (let i = 0; i < PARENTS_MAX && pid > 1; i++) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
      const entry = environment.find((line) => line.startsWith(`${name}=`));
      if (entry) return entry.slice(name.length + 1);
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // pid (comm) state ppid: comm may hold spaces and parentheses.
      pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return null; // The process ended, or is not ours to look into.
    }
  }
  return null;
}
