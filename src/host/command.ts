/**
 * Starts the command of a run: in the namespace of the calling thread, with a mount namespace of its own
 * that shows this network's resolver and devices, as the right user, and bound to netemu's life. Every step
 * is an `exec`, so the process that netemu starts is the command in the end.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { makeBlocking } from '../tun/sys-process.js';
import { findExecutable } from './executable.js';
import { programPath } from './program.js';
import type { InnerResolver } from './resolver.js';
import { environmentOf, type User } from './user.js';

export interface CommandOptions {
  /** Not empty. */
  readonly argv: readonly string[];
  /** `channel`: standard error alone, and node's channel to this process. */
  readonly stdio: 'inherit' | 'channel';
  /** Null: as netemu itself. */
  readonly user: User | null;
  readonly resolver: InnerResolver | null;
  /** A directory that is ours; inside, something is mounted on it for a moment. */
  readonly stage: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Arguments: netemu's process id, the stage, the resolver's file and text, the PATH of the command, how to
 * become its user, the command.
 *
 * The name services of systemd and nscd would be asked by sockets in the file system, past the link: their
 * directories are empty inside, and hold the resolver's file where it is one of theirs; nothing is written
 * to a file system of the host. /sys shows the devices of the namespace that it was mounted in, so two of its
 * directories are taken from a new one; where /sys is locked (containers) it stays as it is.
 */
const SCRIPT = `
parent=$1 stage=$2 file=$3 text=$4 path=$5 user=$6
shift 6
[ "$PPID" = "$parent" ] || exit 137
fail() {
  printf 'netemu: cannot put a resolver into the mount namespace of the command\\n' >&2
  exit 4
}
emptied=
for directory in /run/nscd /run/systemd/resolve; do
  [ -d "$directory" ] || continue
  mount -t tmpfs -o mode=755 netemu "$directory" || fail
  case $file in "$directory"/*) emptied=1 ;; esac
done
if [ -n "$file" ]; then
  if [ -n "$emptied" ]; then
    mkdir -p "\${file%/*}" && printf %s "$text" >"$file" && chmod 644 "$file" || fail
  else
    [ -e "$file" ] || fail
    mount -t tmpfs -o mode=755 netemu "$stage" || fail
    printf %s "$text" >"$stage/resolv.conf" && chmod 644 "$stage/resolv.conf" || fail
    # Containers mount a file there, which may have been deleted since: then what is below it.
    mount --bind "$stage/resolv.conf" "$file" 2>/dev/null ||
      { umount -l "$file" && mount --bind "$stage/resolv.conf" "$file"; } || fail
    umount "$stage" || fail
  fi
fi
if mount -t sysfs -o nosuid,nodev,noexec netemu "$stage" 2>/dev/null; then
  for directory in class/net devices/virtual/net; do
    mount --bind "$stage/$directory" "/sys/$directory" 2>/dev/null
  done
  umount "$stage"
fi
setpriv=$(command -v setpriv)
PATH=$path
[ -n "$user" ] || exec "$@"
exec "$setpriv" $user --pdeathsig KILL -- "$@"
`;

/** To be called in the command's namespace; everything of it happens at once. */
export function startCommand(options: CommandOptions): ChildProcess {
  const { argv, stdio, user, resolver, stage, variables } = options;
  if (stdio === 'inherit') for (const fd of [0, 1, 2]) makeBlocking(fd);
  const script = [
    ...['sh', '-c', SCRIPT, 'netemu-command', String(process.pid), stage],
    ...[resolver?.file ?? '', resolver?.text ?? ''],
    ...[process.env.PATH ?? '', user === null ? '' : becoming(user)],
  ];
  const mounts = ['unshare', '--mount', '--propagation', 'slave', '--'];
  // From here on, too: the guardian knows the command by its namespace, but it may be killed as well.
  const mortal = ['--pdeathsig', 'KILL', '--'];
  const environment = { ...environmentOf(user, process.env), ...variables };
  return spawn('setpriv', [...mortal, ...mounts, ...script, ...argv], {
    stdio: stdio === 'inherit' ? 'inherit' : CHANNEL,
    env: { ...environment, PATH: programPath() },
  });
}

/**
 * A program of netemu's own, with node's channel, where the calling thread is: bound to netemu's life, too.
 */
export function startOwnProgram(argv: readonly string[], user: User | null): ChildProcess {
  const become = user === null ? [] : ['setpriv', ...becoming(user).split(' ')];
  // The second time because the change of user undoes the first.
  const mortal = ['--pdeathsig', 'KILL', '--'];
  const command = [...(user === null ? [] : [...mortal, ...become]), ...mortal, ...argv];
  return spawn('setpriv', command, {
    stdio: CHANNEL,
    env: { ...environmentOf(user, process.env), PATH: programPath() },
  });
}

/** Messages to and from this process; nothing to read, and only complaints to write. */
const CHANNEL: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc'];

/** Changing the user undoes the bond to netemu's life, so that follows. */
function becoming({ uid, gid, isListed }: User): string {
  const groups = isListed ? '--init-groups' : '--clear-groups';
  return `--reuid=${uid} --regid=${gid} ${groups}`;
}

/** The command where none is given: a shell. */
export function shellOf(user: User | null): string {
  const shell = user?.shell ?? process.env.SHELL;
  return shell && findExecutable(shell) !== null ? shell : '/bin/sh';
}
