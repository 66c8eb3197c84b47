/**
 * A JSON Schema (draft 2020-12) of scenario files, made from the impairments that there are, for editors
 * that complete and check YAML. It knows keys and shapes; what a value means, `netemu check` knows.
 */

import { DIRECTION_WORDS } from '../direction-words.js';
import type { ImpairmentKey } from '../impairment-key.js';
import { RULES_MAX } from '../limits.js';
import { IMPAIRMENT_KEYS } from '../registry.js';
import { SCHEDULE_ENTRIES_MAX } from './limits.js';

type Schema = Readonly<Record<string, unknown>>;

/** What `schema/scenario.schema.json` holds. */
export function scenarioSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'netemu scenario',
    description: 'Rules that impair traffic, and a schedule that changes them.',
    ...object({
      required: ['rules'],
      properties: {
        rules: {
          ...{ description: 'The first that matches a packet counts.', type: 'array' },
          ...{ minItems: 1, maxItems: RULES_MAX, items: ref('rule') },
        },
        schedule: {
          ...{ description: 'Changes of rules, in the order of their times.', type: 'array' },
          ...{ minItems: 1, maxItems: SCHEDULE_ENTRIES_MAX, items: ref('entry') },
        },
        loop: { description: 'After this time the schedule begins anew.', ...ref('duration') },
        seed: { description: 'The seed of all randomness, as --seed.', type: ['string', 'number'] },
      },
    }),
    $defs: {
      duration: {
        anyOf: [
          { type: 'string', pattern: '^\\s*(\\d+(\\.\\d*)?|\\.\\d+)\\s*[a-zµμ]+\\s*$' },
          { const: 0 },
          { const: '0' },
        ],
        examples: ['30s', '500ms', '2min'],
      },
      match: {
        description: 'Which packets: PROTO[:PORT[-PORT]][@ADDR[/LEN]], and terms such as dir=out.',
        type: 'string',
        examples: ['udp:53', 'tcp:443@192.0.2.0/24', 'quic', 'any'],
      },
      name: { type: 'string', pattern: '^[\\w.-]{1,64}$' },
      rule: { anyOf: [ruleLine(), ruleMap()] },
      entry: entry(),
      change: change(),
      ...Object.assign({}, ...IMPAIRMENT_KEYS.map(valueSchemas)),
    },
  };
}

function ruleLine(): Schema {
  return {
    description: 'A rule as on the command line.',
    type: 'string',
    examples: ['udp:53 loss 0.5% delay 20ms'],
  };
}

function ruleMap(): Schema {
  return object({
    required: ['match'],
    properties: {
      match: ref('match'),
      name: { description: 'What the schedule may call it.', ...ref('name') },
      ...impairments(),
    },
  });
}

/** One of the two times; `every` says how long it lasts each time. */
function entry(): Schema {
  const description = 'Which rules change, and to what.';
  const rules = { description, type: 'array', minItems: 1, items: ref('change') };
  const length = { description: 'How long; then what was before holds again.', ...ref('duration') };
  return {
    anyOf: [
      object({
        required: ['at', 'rules'],
        properties: {
          at: { description: 'The time since the start.', ...ref('duration') },
          ...{ for: length, rules },
        },
      }),
      object({
        required: ['every', 'for', 'rules'],
        properties: {
          every: { description: 'Again and again after this time.', ...ref('duration') },
          from: { description: 'The first time; else it is that of every.', ...ref('duration') },
          ...{ for: length, rules },
        },
      }),
    ],
  };
}

function change(): Schema {
  const which = (name: 'match' | 'name') =>
    object({ required: [name], properties: { [name]: ref('match'), ...impairments() } });
  return { anyOf: [which('match'), which('name')] };
}

function impairments(): Schema {
  return Object.fromEntries(
    IMPAIRMENT_KEYS.map((key) => [key.name, { description: key.summary, ...ref(key.name) }]),
  );
}

/** The value of a key, and the same with one for each direction. Only 0 is a number that needs no unit. */
function valueSchemas(key: ImpairmentKey): Schema {
  const text = { type: 'string', examples: key.usage.split(' | ') };
  const bare = key.bare === undefined ? [] : [{ type: ['boolean', 'null'] }];
  const value = { anyOf: [text, { const: 0 }, ...bare] };
  if (key.undirected !== undefined) return { [key.name]: value };
  const one = `${key.name}-value`;
  const properties = Object.fromEntries(DIRECTION_WORDS.map((word) => [word, ref(one)]));
  const directed = { ...object({ properties }), minProperties: 1 };
  return { [one]: value, [key.name]: { anyOf: [ref(one), directed] } };
}

function object(part: { required?: readonly string[]; properties: Schema }): Schema {
  return { type: 'object', additionalProperties: false, ...part };
}

function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}
