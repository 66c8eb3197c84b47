/** Numbers and ordinals against a model that spells them out with names and maps. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directionOf, FlowTable, UNMATCHED } from '../../src/netem/flow-table.js';
import { Judgement, ORDINAL } from '../../src/netem/stages/stage.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { ip, udp } from '../support/packets.js';

const RULE_NAMES = ['a', 'b', 'c'];
const FLOWS = 2;
const LOWER = '192.0.2.1';
const HIGHER = '192.0.2.2';

/** Any rules: which rule the packets of a flow, direction and source meet is drawn at random. */
const configuration = fc.record({
  names: fc.shuffledSubarray(RULE_NAMES, { minLength: 1 }),
  /** By flow × 4 + direction × 2 + source; beyond the names: no rule. */
  ruleOf: fc.array(fc.nat(3), { minLength: FLOWS * 4, maxLength: FLOWS * 4 }),
});

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ flow: fc.nat(FLOWS - 1), direction: fc.nat(1), source: fc.nat(1) }),
  },
  { weight: 1, arbitrary: configuration },
);

interface ModelFlow {
  /** By direction × 2 + source: the rule's name. */
  sides: (string | undefined)[];
  numbers: Map<string, number>;
  /** By rule and direction. */
  ordinals: Map<string, number>;
}

class Model {
  readonly #flows = Array.from(
    { length: FLOWS },
    (): ModelFlow => ({ sides: [], numbers: new Map(), ordinals: new Map() }),
  );
  readonly #flowCounts = new Map<string, number>();

  configure(names: readonly string[]): void {
    for (const flow of this.#flows) {
      flow.sides = flow.sides.map((name) => (name && names.includes(name) ? name : undefined));
    }
    for (const name of RULE_NAMES) if (!names.includes(name)) this.#flowCounts.delete(name);
  }

  meet(flowIndex: number, direction: number, source: number, name: string): [number, number] {
    const flow = this.#flows[flowIndex];
    const { sides, numbers, ordinals } = flow;
    const ordinalKey = `${name} ${direction}`;
    if (!sides.includes(name)) {
      const count = this.#flowCounts.get(name) ?? 0;
      numbers.set(name, count);
      this.#flowCounts.set(name, count + 1);
    }
    if (sides[direction * 2] !== name && sides[direction * 2 + 1] !== name) {
      ordinals.set(ordinalKey, 0);
    }
    sides[direction * 2 + source] = name;
    const ordinal = ordinals.get(ordinalKey)! + 1;
    ordinals.set(ordinalKey, ordinal);
    return [numbers.get(name)!, ordinal];
  }

  miss(flowIndex: number, direction: number, source: number): void {
    this.#flows[flowIndex].sides[direction * 2 + source] = undefined;
  }
}

test('numbers and ordinals are those of the model, through changes of the rules', () => {
  fc.assert(
    fc.property(
      configuration,
      fc.array(step, { minLength: 100, maxLength: 200, size: 'max' }),
      (first, steps) => {
        const table = new FlowTable(new Float64Array(1));
        const model = new Model();
        const view = new PacketView();
        const packet = new Judgement();
        let rules = first;
        let flowCounts = rules.names.map(() => 0);
        for (const step of steps) {
          if ('names' in step) {
            const old = rules.names;
            table.reclassify(old.map((name) => step.names.indexOf(name)));
            flowCounts = step.names.map((name) => flowCounts[old.indexOf(name)] ?? 0);
            rules = step;
            model.configure(rules.names);
            continue;
          }
          const { flow, direction, source } = step;
          const bytes =
            source === 0 ? ip(LOWER, HIGHER, udp(flow, 53)) : ip(HIGHER, LOWER, udp(53, flow));
          view.parse(bytes, 0, bytes.length, LinkType.rawIp);
          const side = table.enter(view, direction);
          expect(directionOf(side)).toBe(direction);
          const wanted = rules.ruleOf[flow * 4 + direction * 2 + source];
          const rule = wanted < rules.names.length ? wanted : UNMATCHED;
          if (table.rule[side] < UNMATCHED && table.assign(side, rule, flowCounts[rule])) {
            flowCounts[rule]++;
          }
          expect(table.rule[side]).toBe(rule);
          if (rule === UNMATCHED) {
            model.miss(flow, direction, source);
          } else {
            table.count(side, packet);
            const expected = model.meet(flow, direction, source, rules.names[rule]);
            expect([packet.flow, packet.values[ORDINAL]]).toEqual(expected);
          }
        }
      },
    ),
    { seed: 1, numRuns: 60 },
  );
});
