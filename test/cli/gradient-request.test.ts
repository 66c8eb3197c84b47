/** What `netemu gradient` makes of its flags, and what it refuses before it touches anything. */
import { describe, expect, test } from 'vitest';
import { type GradientFlags, readGradient } from '../../src/cli/gradient-request.js';

const PROBE = 'dns://192.0.2.1/example.com';

const read = (flags: GradientFlags, lines: string[] = [], command: string[] | null = null) =>
  readGradient(lines, { run: true, ...flags }, command);

describe('what is asked for', () => {
  test('a probe alone: its own traffic, the classical ladder', async () => {
    const request = await read({ probe: PROBE });
    expect(request.rule).toBe('udp:53@192.0.2.1');
    expect(request.ladder.text).toBe('loss 0.1%,0.5%,1%,2.5%,5%');
    expect(request).toMatchObject({ rounds: 1, order: 'ramp', paired: true, warmupMs: 2_000 });
    expect(request).toMatchObject({ count: null, durationMs: null, precision: null });
    expect(request.seed).toMatch(/^[0-9a-f]{8}$/);
    expect(request.link.options.seed).toBe(request.seed);
  });

  test('a command: everything, and its time', async () => {
    const request = await read({ timeout: '5s' }, [], ['ping', '-c', '1']);
    expect(request.rule).toBe('any');
    expect(request.probe).toMatchObject({ kind: 'command', argv: ['ping', '-c', '1'] });
    expect(request.probe.settings).toMatchObject({ timeoutMs: 5_000 });
  });

  test('a rule of its own, as a line or as flags', async () => {
    const line = await read({ probe: PROBE, steps: 'delay 1ms,2ms' }, ['dns loss 1%']);
    expect(line.ladder.steps.map(({ rule }) => rule)).toEqual([
      'dns loss 1%',
      'dns loss 1% delay 1ms',
      'dns loss 1% delay 2ms',
    ]);
    const flags = { flow: 'udp:53', delay: ['20ms'] } as GradientFlags;
    expect((await read({ probe: PROBE, ...flags })).rule).toBe('udp:53 delay 20ms');
  });

  test('sizes, rounds and order', async () => {
    const request = await read({
      ...{ probe: PROBE, precision: '5%', repeat: '3', order: 'interleaved' },
      ...{ warmup: '0s', independent: true, seed: 'abc' },
    });
    expect(request).toMatchObject({ precision: 0.05, rounds: 3, order: 'interleaved' });
    expect(request).toMatchObject({ warmupMs: 0, paired: false, seed: 'abc' });
    expect((await read({ probe: PROBE, count: '40' })).count).toBe(40);
    expect((await read({ probe: PROBE, duration: '2s' })).durationMs).toBe(2_000);
  });

  test('a demo: its namespaces, its samples, unless told', async () => {
    const demo = { run: undefined } as unknown as GradientFlags;
    const request = await read({ ...demo, demo: true });
    expect(request.place).toMatchObject({ kind: 'demo', isPrivate: true });
    expect(request.probe.kind).toBe('dns');
    expect(request.count).toBeGreaterThan(100);
    expect((await read({ ...demo, demo: 'tcp', duration: '1s' })).count).toBe(null);
    expect((await read({ ...demo, demo: 'QUIC', steps: 'loss 30%' })).ladder.steps).toHaveLength(2);
  });
});

describe('what is refused', () => {
  test.each<[string, GradientFlags, string[], string[] | null]>([
    ['E_NO_PROBE', {}, [], null],
    ['E_NO_PROBE', {}, [], []],
    ['E_USAGE', { probe: PROBE }, [], ['true']],
    ['E_NO_COMMAND', {}, [], ['./no-such-client']],
    ['E_USAGE', { probe: PROBE, timeout: '1s' }, [], null],
    ['E_USAGE', { probe: PROBE, count: '5', duration: '1s' }, [], null],
    ['E_USAGE', { probe: PROBE, count: '5', precision: '10%' }, [], null],
    ['E_USAGE', { probe: PROBE }, ['udp:53', 'tcp:53'], null],
    ['E_USAGE', { probe: PROBE, file: ['a.yaml'] }, [], null],
    ['E_USAGE', { probe: PROBE, dev: ['lo'] }, [], null],
    ['E_USAGE', { probe: PROBE, order: 'up' }, [], null],
    ['E_USAGE', { demo: 'doq' }, [], null],
    ['E_USAGE', { demo: true, probe: PROBE }, [], null],
    ['E_USAGE', { demo: true, run: true }, [], null],
    ['E_COUNT', { probe: PROBE, count: '0' }, [], null],
    ['E_COUNT', { probe: PROBE, repeat: 'x' }, [], null],
    ['E_FOR', { probe: PROBE, duration: '0s' }, [], null],
    ['E_SHARE', { probe: PROBE, precision: '100%' }, [], null],
    ['E_STEPS', { probe: PROBE, steps: 'loss' }, [], null],
    ['E_VALUE', { probe: PROBE, steps: 'loss 1%,200%' }, [], null],
    ['E_PROBE', { probe: '192.0.2.1' }, [], null],
  ])('%s: %j %j %j', async (code, flags, lines, command) => {
    await expect(read(flags, lines, command)).rejects.toMatchObject({ code });
  });

  test('flags of `run` without --run', async () => {
    const flags = { run: undefined, probe: PROBE, private: true } as unknown as GradientFlags;
    await expect(read(flags)).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});
