/** Runs the system's programs (ip, tc, nft) to their end and returns what they printed. */
import { spawn, spawnSync } from 'node:child_process';
import { environmentError, runtimeError } from '../errors.js';

/** sudo and cron often leave these out of PATH, and ip, tc and nft live there. */
export function programPath(): string {
  const path = process.env.PATH ?? '';
  const missing = ['/usr/sbin', '/sbin'].filter((dir) => !path.split(':').includes(dir));
  return [path, ...missing].filter((part) => part !== '').join(':');
}

const PACKAGES: Record<string, string> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  mount: 'mount',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
};

export function missingProgramError(program: string): Error {
  return environmentError(
    'E_NO_PROGRAM',
    `the program ${program} is not on this machine`,
    `sudo apt-get install ${PACKAGES[program] ?? program}`,
  );
}

/** Throws with the program's own words when it ends with another code than 0. */
export function runProgram(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, PATH: programPath() },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      complaint += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      reject(missing ? missingProgramError(program) : runtimeError('E_PROGRAM', error.message));
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      reject(failure(program, args, input, complaint.trim() || reasonOf(code, signal)));
    });
    // A program that ends early closes its input; its exit code says why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** The same at once, in the network namespace that the calling thread is in for the moment. */
export function runProgramNow(program: string, args: readonly string[], input = ''): string {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    env: { ...process.env, PATH: programPath() },
    encoding: 'utf8',
    input,
  });
  if (status === 0) return stdout;
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw missingProgramError(program);
  }
  throw failure(program, args, input, stderr?.trim() || reasonOf(status, signal, error));
}

function reasonOf(code: number | null, signal: string | null, error?: Error): string {
  if (error) return error.message;
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}

function failure(program: string, args: readonly string[], input: string, reason: string): Error {
  const command = [program, ...args].join(' ');
  return runtimeError('E_PROGRAM', `${command}${input && ` with "${input.trim()}"`}: ${reason}`);
}
