import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runUp, type UpRequest, type UpWorld } from '../../src/cli/up-run.js';
import type { UpOptions } from '../../src/control/types.js';
import { runtimeError, usageError } from '../../src/errors.js';
import { FakeInstance } from '../control/fake-instance.js';
import { CapturedOutput, screenOf } from './captured-output.js';

/** `up` with everything around it replaced: what it said, and hooks to end it. */
class World implements UpWorld {
  readonly output: CapturedOutput;
  readonly instance = new FakeInstance();
  options: UpOptions | null = null;
  listeners: ((exitCode: number) => void)[] = [];
  left: number[] = [];
  lives: string[] = [];
  served = 0;
  startError: Error | null = null;
  /** Awaited by `start`. */
  startDelay: Promise<void> = Promise.resolve();

  constructor(isTerminal = false) {
    this.output = new CapturedOutput(isTerminal);
  }

  async start(options: UpOptions) {
    this.options = options;
    await this.startDelay;
    if (this.startError !== null) throw this.startError;
    return this.instance;
  }

  async serve() {
    this.served++;
    return {
      close: async () => {
        this.served--;
      },
    };
  }

  onSignal(listener: (exitCode: number) => void) {
    this.listeners.push(listener);
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  leave(exitCode: number) {
    this.left.push(exitCode);
  }

  live(line: string) {
    this.lives.push(line);
  }

  signal(exitCode = 130) {
    for (const listener of this.listeners) listener(exitCode);
  }
}

function request(part: Partial<UpRequest> = {}): UpRequest {
  const options = {
    rules: [],
    devices: [],
    netns: null,
    seed: null,
    name: null,
    memoryBytes: 2 ** 28,
    includeSsh: false,
    offload: true,
    record: null,
  };
  return { options, durationMs: null, json: false, ...part };
}

const FIRST_LINE = 'netemu n1 up on eth0, seed 7f3a9c01: udp:53 loss 0.5%';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets promises run, and timers that are due within that time. */
async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

test('a signal ends it in good order, with a summary', async () => {
  const world = new World();
  const ended = runUp(request(), world);
  await pass(5_000);
  expect(world.output.stdout).toBe(`${FIRST_LINE}\n`);
  expect(world.lives).toEqual([FIRST_LINE]);
  expect(world.served).toBe(1);
  world.signal();
  expect(await ended).toBe(0);
  expect(world.instance.stops).toBeGreaterThan(0);
  expect(world.output.stdout).toContain(`${FIRST_LINE}\nnetemu n1 down after 12s\nrule `);
  expect(world.output.stderr).toBe('');
  expect(world.served).toBe(0);
  expect(world.listeners).toEqual([]);
  expect(world.left).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a second signal leaves at once', async () => {
  const world = new World();
  world.instance.stopDelay = new Promise(() => {});
  void runUp(request(), world);
  await pass();
  world.signal();
  await pass();
  expect(world.left).toEqual([]);
  world.signal(143);
  expect(world.left).toEqual([143]);
});

test('with --json there is one object on standard output, and the first line elsewhere', async () => {
  const world = new World(true);
  const ended = runUp(request({ json: true }), world);
  await pass(5_000);
  world.signal();
  await ended;
  expect(world.output.stderr).toBe(`${FIRST_LINE}\n`);
  expect(JSON.parse(world.output.stdout)).toEqual(world.instance.status());
});

test.each([1, 60_000, 2 ** 31 + 5])('--for ends it after %d ms', async (durationMs) => {
  const world = new World();
  let exitCode: number | null = null;
  void runUp(request({ durationMs }), world).then((code) => {
    exitCode = code;
  });
  await pass();
  await pass(durationMs - 1);
  expect(exitCode).toBe(null);
  await pass(1);
  expect(exitCode).toBe(0);
});

test('down, which stops the instance through its socket, ends it', async () => {
  const world = new World();
  const ended = runUp(request(), world);
  await pass();
  await world.instance.stop();
  expect(await ended).toBe(0);
  expect(world.output.stdout).toContain('netemu n1 down after');
});

test('an instance that ends by itself is summed up, then its error told', async () => {
  const world = new World();
  const ended = runUp(request(), world);
  await pass();
  world.instance.fail(runtimeError('E_DEVICE_GONE', 'device eth0 is gone'));
  await expect(ended).rejects.toThrow('device eth0 is gone');
  expect(world.output.stdout).toContain('netemu n1 down after');
  expect(world.served).toBe(0);
});

test('what fails to start says so and leaves nothing to close', async () => {
  const world = new World();
  world.startError = usageError('E_NO_DEVICE', 'there is no device "x"');
  await expect(runUp(request(), world)).rejects.toBe(world.startError);
  expect(world.output.stdout).toBe('');
  expect(world.listeners).toEqual([]);
});

test('a signal before the path is live stops it as soon as it is', async () => {
  const world = new World();
  let go!: () => void;
  world.startDelay = new Promise((resolve) => {
    go = resolve;
  });
  const ended = runUp(request(), world);
  await pass();
  world.signal();
  go();
  expect(await ended).toBe(0);
  expect(world.instance.stops).toBeGreaterThan(0);
});

test('a start that a signal made fail was interrupted', async () => {
  const world = new World();
  let go!: () => void;
  world.startDelay = new Promise((resolve) => {
    go = resolve;
  });
  world.startError = runtimeError('E_PROGRAM', 'ip link show: ended by SIGINT');
  const ended = runUp(request(), world);
  await pass();
  world.signal();
  go();
  await expect(ended).rejects.toMatchObject({ code: 'E_INTERRUPTED', exitCode: 4 });
});

test('without a socket it does not run', async () => {
  const world = new World();
  world.serve = () => Promise.reject(runtimeError('E_SOCKET', 'cannot listen'));
  await expect(runUp(request(), world)).rejects.toThrow('cannot listen');
  expect(world.instance.stops).toBe(1);
  expect(world.output.stdout).toBe('');
});

test('a reader that goes away ends it quietly', async () => {
  const world = new World();
  const ended = runUp(request(), world);
  await pass();
  world.output.break('EPIPE');
  expect(await ended).toBe(0);
  expect(world.instance.stops).toBeGreaterThan(0);
});

test('a full disk ends it with an error', async () => {
  const world = new World();
  const ended = runUp(request(), world);
  await pass();
  world.output.break('ENOSPC');
  await expect(ended).rejects.toMatchObject({
    message: 'cannot write to standard output: no space left on device',
    exitCode: 4,
  });
  expect(world.instance.stops).toBeGreaterThan(0);
});

test('on a terminal one table is kept up to date', async () => {
  const world = new World(true);
  const status = world.instance.status();
  const ended = runUp(request(), world);
  await pass();
  expect(screenOf(world.output.stdout, 100)[2]).toContain('20,000');
  const rules = [{ ...status.rules[0]!, out: { ...status.rules[0]!.out, seen: 31_415 } }];
  world.instance.status = () => ({ ...status, rules });
  await pass(1_000);
  const shown = screenOf(world.output.stdout, 100);
  expect(shown[0]).toBe(FIRST_LINE);
  expect(shown[1]).toMatch(/^rule +dir +seen/);
  expect(shown[2]).toContain('31,415');
  expect(shown).toHaveLength(6);
  world.signal();
  await ended;
  const last = screenOf(world.output.stdout, 100);
  expect(last[1]).toBe('netemu n1 down after 12s');
  expect(last.filter((line) => line.startsWith('rule'))).toHaveLength(1);
});

test('events are told above the table', async () => {
  const world = new World(true);
  const ended = runUp(request(), world);
  await pass();
  const before = screenOf(world.output.stdout, 100);
  world.options!.notice('device eth0 is down');
  expect(world.output.stderr).toBe('netemu n1: device eth0 is down\n');
  expect(screenOf(world.output.stdout, 100)).toEqual(before);
  world.signal();
  await ended;
});
