/**
 * Network namespaces: found by name, path or process, and entered by this process. Entering holds
 * for the calling thread and for what it starts later (workers, the guardian, ip, tc), so it
 * happens before anything else is made.
 */
import { readdirSync } from 'node:fs';
import { runtimeError, usageError } from '../errors.js';
import { check, close, Errno, O_RDONLY, open } from '../tun/sys.js';
import { enterNetworkNamespace } from '../tun/sys-process.js';

const NAMED_NAMESPACES = '/run/netns';

/** Enters the namespace called NAME (as `ip netns` knows it), at PATH, or of process PID. */
export function enterNamespace(spec: string): void {
  const path = namespacePath(spec);
  const fd = open(path, O_RDONLY);
  if (fd < 0) throw noSuchNamespace(spec, path);
  try {
    const entered = enterNetworkNamespace(fd);
    if (entered === -Errno.EINVAL) {
      const mend = 'ip netns list, or /proc/PID/ns/net';
      throw usageError('E_NETNS', `--netns ${spec}: that is no network namespace`, mend);
    }
    check(entered, `enter the network namespace ${spec}`, 'run it as root');
  } finally {
    close(fd);
  }
}

function namespacePath(spec: string): string {
  if (spec.includes('/')) return spec;
  return /^\d+$/.test(spec) ? `/proc/${spec}/ns/net` : `${NAMED_NAMESPACES}/${spec}`;
}

function noSuchNamespace(spec: string, path: string): Error {
  if (spec.includes('/')) {
    return usageError('E_NETNS', `--netns ${spec}: there is no such file`, 'ip netns list');
  }
  if (/^\d+$/.test(spec)) {
    return usageError('E_NETNS', `--netns ${spec}: there is no process ${spec} (${path})`);
  }
  const names = namedNamespaces();
  return usageError(
    'E_NETNS',
    `--netns ${spec}: there is no network namespace "${spec}"`,
    names.length > 0 ? `there are: ${names.join(', ')}` : `make one with: ip netns add ${spec}`,
  );
}

function namedNamespaces(): string[] {
  try {
    return readdirSync(NAMED_NAMESPACES).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw runtimeError('E_NETNS', `list ${NAMED_NAMESPACES}: ${(error as Error).message}`);
  }
}
