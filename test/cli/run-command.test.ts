/** The life of a run without a link: what is said where, what is passed on, and how it ends. */
import { beforeEach, expect, test } from 'vitest';
import { type RunRequest, runCommand } from '../../src/cli/run-command.js';
import type { CommandEnd, InstanceStatus, RunningCommand } from '../../src/control/types.js';
import { runtimeError } from '../../src/errors.js';
import { FakeInstance } from '../control/fake-instance.js';
import { CapturedOutput } from './captured-output.js';

class FakeRun extends FakeInstance implements RunningCommand {
  readonly uplinks = ['eth0'];
  readonly process = null;
  readonly farEnd = { ipv4: '198.19.255.1', ipv6: null };
  readonly signals: NodeJS.Signals[] = [];
  runs = 0;
  end!: (end: CommandEnd) => void;

  runCommand(): Promise<CommandEnd> {
    this.runs++;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }

  atFarEnd<T>(action: () => T): T {
    return action();
  }

  passSignal(signal: NodeJS.Signals): void {
    this.signals.push(signal);
  }

  override async stop(): Promise<void> {
    this.end?.({ code: null, signal: 'SIGTERM' });
    await super.stop();
  }

  override status(): InstanceStatus {
    return { ...super.status(), kind: 'run' };
  }
}

const OPTIONS = {
  rules: [],
  command: ['true'],
  user: null,
  stdio: 'inherit' as const,
  isPrivate: false,
  uplinks: [],
  mtu: 1500,
  seed: null,
  name: null,
  memoryBytes: 2 ** 28,
  offload: true,
  record: null,
};

let run: FakeRun;
let output: CapturedOutput;
let signal: (name: NodeJS.Signals) => void;
let reports: InstanceStatus[];
let left: NodeJS.Signals[];

beforeEach(() => {
  run = new FakeRun('n1', []);
  output = new CapturedOutput();
  reports = [];
  left = [];
});

function start(
  request: Partial<RunRequest> = {},
  begin: () => Promise<RunningCommand> = async () => run,
) {
  return runCommand(
    { options: OPTIONS, durationMs: null, quiet: false, ...request },
    {
      output,
      start: begin,
      serve: async () => ({ close: async () => {} }),
      onSignal: (listener) => {
        signal = listener;
        return () => {};
      },
      leave: (name) => void left.push(name),
      report: (status) => void reports.push(status),
    },
  );
}

/** Until the command has been started. */
async function begun(): Promise<void> {
  while (run.runs === 0) await new Promise(setImmediate);
}

test('standard output is the command’s, and its exit code is the result', async () => {
  const end = start();
  await begun();
  run.end({ code: 42, signal: null });
  expect(await end).toEqual({ code: 42, signal: null });
  expect(output.stdout).toBe('');
  expect(output.stderr).toMatch(
    /^netemu n1 runs by eth0, seed 7f3a9c01: a link that does nothing\nnetemu n1 down after /,
  );
  expect(reports).toMatchObject([{ kind: 'run', name: 'n1' }]);
});

test('--quiet says nothing, but what somebody must know', async () => {
  const end = start({ quiet: true }, async () => run);
  await begun();
  run.end({ code: 0, signal: null });
  await end;
  expect(output.stderr).toBe('');
});

test('what is noticed before the headline comes after it, under the name', async () => {
  const end = runCommand(
    { options: OPTIONS, durationMs: null, quiet: false },
    {
      output,
      start: async ({ notice }) => {
        notice('a firewall drops');
        return run;
      },
      serve: async () => ({ close: async () => {} }),
      onSignal: () => () => {},
      leave: () => {},
      report: () => {},
    },
  );
  await begun();
  run.end({ code: 0, signal: null });
  await end;
  expect(output.stderr).toMatch(/^netemu n1 runs .*\nnetemu n1: a firewall drops\nnetemu n1 down/);
});

test('signals go to the command, which decides when it ends', async () => {
  const end = start();
  await begun();
  signal('SIGTERM');
  signal('SIGUSR1');
  expect(run.signals).toEqual(['SIGTERM', 'SIGUSR1']);
  expect(run.stops).toBe(0);
  run.end({ code: null, signal: 'SIGUSR1' });
  expect(await end).toEqual({ code: null, signal: 'SIGUSR1' });
});

test('a signal before the command: it is not started; a second one ends netemu at once', async () => {
  let go!: () => void;
  const waits = new Promise<void>((resolve) => {
    go = resolve;
  });
  const end = start({}, async () => {
    await waits;
    return run;
  });
  signal('SIGWINCH');
  signal('SIGINT');
  expect(left).toEqual([]);
  signal('SIGTERM');
  expect(left).toEqual(['SIGTERM']);
  go();
  expect(await end).toEqual({ code: null, signal: 'SIGTERM' });
  expect(run).toMatchObject({ runs: 0, stops: 1 });
});

test('a start that fails because of Ctrl-C is no error; any other is', async () => {
  const fail = async () => {
    throw runtimeError('E_PROGRAM', 'ip: ended by SIGINT');
  };
  const interrupted = start({}, async () => {
    signal('SIGINT');
    return fail();
  });
  expect(await interrupted).toEqual({ code: null, signal: 'SIGINT' });
  await expect(start({}, fail)).rejects.toMatchObject({ code: 'E_PROGRAM' });
});

test('--for stops it, which ends the command', async () => {
  expect(await start({ durationMs: 5 })).toEqual({ code: null, signal: 'SIGTERM' });
});

test('a link that fails is told, not how its command ended', async () => {
  const end = start();
  await begun();
  run.fail(runtimeError('E_PATH_GONE', 'the link was taken away'));
  await expect(end).rejects.toMatchObject({ code: 'E_PATH_GONE' });
  expect(output.stderr).toContain('netemu n1 down after');
  expect(reports).toHaveLength(1);
});
