/**
 * The guardian of what a probe's programs start: a shell that waits for the end of the prober, however that
 * comes, and kills all that is left. The kernel kills a program with its prober, but not what the program has
 * started. One guardian serves them all: each process inherits a mark in its environment, by which it is
 * found wherever it has gone (what clears its environment, or becomes another user, escapes). It stands in a
 * session of its own, so that no Ctrl-C or hangup reaches it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { programPath } from '../../host/program.js';

const MARK = 'NETEMU_PROBER';

/** Again and again, as a process that forks may have been faster. Argument: the mark. */
const SCRIPT = `
while read -r _; do :; done
for round in 1 2 3 4 5 6 7 8 9 10; do
  found=
  for environment in $(grep -lzsxF "$1" /proc/[0-9]*/environ); do
    process=\${environment#/proc/}
    kill -9 "\${process%/environ}" && found=1
  done 2>/dev/null
  [ -n "$found" ] || break
done
`;

const mark = randomUUID();
let guardian: ChildProcess | null = null;

/** What a program's environment has to have; from then on it is guarded. */
export function guardedVariables(): Readonly<Record<string, string>> {
  guardian ??= start();
  return { [MARK]: mark };
}

function start(): ChildProcess {
  const child = spawn('sh', ['-c', SCRIPT, 'netemu-prober-guardian', `${MARK}=${mark}`], {
    cwd: '/',
    detached: true,
    env: { PATH: programPath() },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // The next program has a new one.
  const gone = () => {
    if (guardian === child) guardian = null;
  };
  child.on('error', gone);
  child.on('exit', gone);
  child.stdin!.on('error', () => {});
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
