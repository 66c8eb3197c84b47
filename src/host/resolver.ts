/**
 * The resolv.conf(5) of the command's namespace: the one nameserver is the far end of the link, and what the
 * host's file says of search lists and options holds inside as well.
 */
import { readFileSync, realpathSync } from 'node:fs';

export interface InnerResolver {
  /** The file that programs read, all links followed. */
  readonly file: string;
  /** What it says inside. */
  readonly text: string;
}

const RESOLV_CONF = '/etc/resolv.conf';

/** Null: the host has no such file, and a command's namespace cannot have one either. */
export function innerResolver(nameserver: string, file = RESOLV_CONF): InnerResolver | null {
  try {
    const path = realpathSync(file);
    return { file: path, text: innerText(readFileSync(path, 'utf8'), nameserver) };
  } catch {
    return null;
  }
}

/** `trust-ad` vouches for a local resolver, which the far end of an emulated link is not. */
export function innerText(text: string, nameserver: string): string {
  const kept = text
    .split('\n')
    .filter((line) => /^(?:search|domain|options)\s/.test(line))
    .map((line) => line.replace(/\s+trust-ad\b/, ''))
    .filter((line) => /\s\S/.test(line));
  return [`nameserver ${nameserver}`, ...kept, ''].join('\n');
}
