/** The library's engine: what it hands over is what the engine inside decides. */
import { expect, test } from 'vitest';
import { Engine } from '../../src/library/engine.js';
import { parseRules } from '../../src/library/rules.js';
import { Verdict } from '../../src/netem/engine.js';
import { LinkType } from '../../src/packet/packet-view.js';
import type { DirectionName } from '../../src/rules/rule.js';
import { Direction } from '../../src/rules/rule.js';
import { EngineDriver } from '../netem/engine-driver.js';
import { ethernet, ip, tcp, udp } from '../support/packets.js';

const MS = 1e6;

interface Left {
  readonly bytes: Uint8Array;
  readonly direction: DirectionName;
  readonly dueNs: number;
}

/** Wakes the engine at each of its deadlines. */
function drain(engine: Engine): Left[] {
  const left: Left[] = [];
  for (let ns = engine.nextDeadline(); ns < Infinity; ns = engine.nextDeadline()) {
    engine.expire(ns, (packet, direction, dueNs) =>
      left.push({ bytes: packet.slice(), direction, dueNs }),
    );
  }
  return left;
}

function datagram(port: number, payload = new Uint8Array(100)): Uint8Array {
  return ethernet(ip('198.18.0.1', '198.18.0.2', udp(4000, port, payload)));
}

test('judges as the engine inside, with the same seed', () => {
  const rules = ['udp:53 loss 30% corrupt 20%', 'udp loss 10% duplicate 10% delay 5ms jitter 2ms'];
  const engine = new Engine({ rules, seed: 'x' });
  const driver = new EngineDriver(rules, { seed: 'x', memoryBytes: 2 ** 22 });
  const names = { [Verdict.pass]: 'pass', [Verdict.held]: 'held', [Verdict.drop]: 'drop' };
  const seen = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const packet = datagram(i % 2 === 0 ? 53 : 54);
    const before = packet.slice();
    const direction = i % 3 === 0 ? 'in' : 'out';
    const verdict = driver.send(before, Direction[direction], i * MS, LinkType.ethernet);
    const judgement = engine.ingress(packet, direction, i * MS);
    expect(judgement).toBe(names[verdict as 0 | 1 | 2]);
    if (judgement === 'pass') expect(packet).toEqual(driver.staged);
    seen.add(`${judgement} ${judgement === 'pass' && Buffer.compare(packet, before) !== 0}`);
  }
  expect([...seen].sort()).toEqual(['drop false', 'held false', 'pass false', 'pass true']);
  const left = drain(engine);
  driver.drain();
  expect(left.map(({ bytes, dueNs }) => ({ bytes, dueNs }))).toEqual(
    driver.released.map(({ frame, deadlineNs }) => ({ bytes: frame, dueNs: deadlineNs })),
  );
  expect(engine.held).toBe(0);
});

test('says which way what it held goes, answers the other one', () => {
  const engine = new Engine({ rules: ['tcp partition reject', 'udp delay out:20ms in:10ms'] });
  expect(engine.ingress(datagram(53), 'out', 0)).toBe('held');
  expect(engine.ingress(datagram(53), 'in', 0)).toBe('held');
  const syn = ethernet(ip('198.18.0.1', '198.18.0.2', tcp(4000, 80, { flags: 2 })));
  expect(engine.ingress(syn, 'out', MS)).toBe('drop');
  expect(drain(engine).map(({ direction, dueNs }) => [direction, dueNs])).toEqual([
    ['in', MS],
    ['in', 10 * MS],
    ['out', 20 * MS],
  ]);
});

test('takes raw IP packets, other rules later, and rules that were parsed', () => {
  const packet = ip('fd00::1', 'fd00::2', udp(4000, 53));
  const engine = new Engine({ rules: 'udp:53 loss 100%', link: 'ip' });
  expect(engine.ingress(packet, 'out', 0)).toBe('drop');
  engine.configure(parseRules(['udp:53 delay 1ms']), MS);
  expect(engine.rules.map(({ text }) => text)).toEqual(['udp:53 delay 1ms']);
  expect(engine.ingress(packet, 'out', MS)).toBe('held');
  expect(engine.held).toBe(1);
  engine.configure([], 2 * MS);
  expect(engine.ingress(packet, 'out', 2 * MS)).toBe('pass');
  expect(new Engine({ rules: 'udp:53 loss 100%' }).ingress(packet, 'out', 0)).toBe('pass');
});

test('refuses what it cannot hold, and rules that are none', () => {
  const engine = new Engine({ rules: 'any' });
  expect(() => engine.ingress(new Uint8Array(65_558), 'out', 0)).toThrow(
    expect.objectContaining({ code: 'E_PACKET', message: expect.stringContaining('65557') }),
  );
  expect(() => new Engine({ rules: 'udp:53 los 1%' })).toThrow(
    expect.objectContaining({ code: 'E_RULE_SYNTAX' }),
  );
  expect(() => engine.configure(['any loss 5'], 0)).toThrow(
    expect.objectContaining({ code: 'E_VALUE' }),
  );
  expect(engine.rules.map(({ text }) => text)).toEqual(['any']);
});
