/**
 * The guardian of a run: a shell of a megabyte that waits for the end of netemu, however it comes, ends what
 * is left in the command's namespace, and puts the forwarding settings back (forwarding.ts has the rules
 * of the lock). It stands in a session of its own, so that no Ctrl-C or hangup reaches it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { runtimeError } from '../errors.js';
import { type HeldForwarding, release } from './forwarding.js';
import { programPath } from './program.js';

const NAME = 'netemu-guardian';

/**
 * Arguments: how many bytes of them all guardians share; for each lock, from fd 4 on, the state file and the
 * index of the device. Fd 3 is the namespace. `flock` turns the shared lock into one for itself alone,
 * unless others share it.
 */
const SCRIPT = `
shape() { head -c "$bytes" "$1/cmdline" | tr '\\0' '\\n'; }
bytes=$1
shift
while read -r _; do :; done
own=$(shape /proc/$$)
for round in 1 2 3 4 5; do
  found=
  for process in /proc/[0-9]*; do
    [ "$process/ns/net" -ef /proc/self/fd/3 ] || continue
    [ "$(shape "$process")" = "$own" ] && continue
    kill -9 "\${process#/proc/}" && found=1
  done 2>/dev/null
  [ -n "$found" ] || break
done
fd=4
while [ $# -gt 0 ]; do
  if flock -n -x $fd && [ /proc/self/fd/$fd -ef "$1" ]; then
    read -r value before <"$1"
    device=$(ip -o link show | sed -n "s/^$2: \\([^:@]*\\).*/\\1/p")
    read -r now </proc/sys/net/ipv4/ip_forward
    [ -z "$device" ] || [ -z "$value" ] || [ "$before$now" = 01 ] ||
      echo "$value" >"/proc/sys/net/ipv4/conf/$device/forwarding"
    rm -f "$1"
  fi
  fd=$((fd + 1))
  shift 2
done
`;

/** What the arguments of every guardian begin with, as /proc shows them. */
const SHAPE = `${['sh', '-c', SCRIPT, NAME].join('\0')}\0`;

/** A guardian of a run that runs inside another ends by itself, when its own work is done. */
export function isGuardian(commandLine: string): boolean {
  return commandLine.startsWith(SHAPE);
}

/** Its work takes milliseconds. */
const PATIENCE_MS = 3_000;

/** A guardian that dies so often is being killed on purpose, or cannot live here. */
const LIVES = 10;

export class RunGuardian {
  readonly #namespaceFd: number;
  readonly #held: readonly HeldForwarding[];
  readonly #onGivenUp: (error: Error) => void;
  #child: ChildProcess;
  #exited: Promise<void>;
  #lives = LIVES;
  #isEnding = false;

  /** A guardian that dies gets a successor; `onGivenUp` is told when that makes no sense any more. */
  constructor(
    namespaceFd: number,
    held: readonly HeldForwarding[],
    onGivenUp: (error: Error) => void,
  ) {
    this.#namespaceFd = namespaceFd;
    this.#held = held;
    this.#onGivenUp = onGivenUp;
    [this.#child, this.#exited] = this.#start();
  }

  /** Resolves when everything is put back, by the guardian or, where it does not get on, by us. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#child.stdin!.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#exited;
    clearTimeout(kill);
    for (const held of this.#held) await release(held);
  }

  #start(): [ChildProcess, Promise<void>] {
    const args = this.#held.flatMap(({ file, deviceIndex }) => [file, String(deviceIndex)]);
    const child = spawn('sh', ['-c', SCRIPT, NAME, String(SHAPE.length), ...args], {
      cwd: '/',
      detached: true,
      env: { PATH: programPath() },
      stdio: ['pipe', 'ignore', 'ignore', this.#namespaceFd, ...this.#held.map((h) => h.lockFd)],
    });
    const exited = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    // One that has died closes the pipe; its exit tells.
    child.stdin!.on('error', () => {});
    void exited.then(() => this.#succeed());
    return [child, exited];
  }

  #succeed(): void {
    if (this.#isEnding) return;
    if (--this.#lives > 0) [this.#child, this.#exited] = this.#start();
    else this.#onGivenUp(runtimeError('E_GUARDIAN_DIED', 'the guardian process does not stay'));
  }
}
