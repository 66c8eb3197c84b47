/** The JSON Schema that editors are given: up to date, and of one mind with the parser. */

import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { NetemuError } from '../../src/errors.js';
import { NO_FILES } from '../../src/rules/files/rule-files.js';
import { IMPAIRMENT_NAMES } from '../../src/rules/registry.js';
import { scenarioSchema } from '../../src/rules/scenario/json-schema.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';

const SHIPPED = 'schema/scenario.schema.json';

const schema = z.fromJSONSchema(scenarioSchema());

function isValid(text: string): boolean {
  return schema.safeParse(parse(text, { merge: true })).success;
}

function isAccepted(text: string): boolean {
  try {
    parseScenario(text, 's.yaml', NO_FILES);
    return true;
  } catch (error) {
    if (error instanceof NetemuError) return false;
    throw error;
  }
}

test('the shipped file is what the impairments make of it', () => {
  const shipped = JSON.parse(fs.readFileSync(SHIPPED, 'utf8'));
  const mend = `netemu check --schema >${SHIPPED}; npx biome check --write ${SHIPPED}`;
  expect(shipped, mend).toEqual(scenarioSchema());
});

test('it has a definition for each impairment', () => {
  const { $defs } = scenarioSchema() as { $defs: Record<string, unknown> };
  expect(Object.keys($defs)).toEqual(expect.arrayContaining([...IMPAIRMENT_NAMES]));
});

const RIGHT = [
  'rules: [udp:53 loss 1%]',
  'rules: [{match: udp, loss: 1%, delay: {out: 5ms}, ecn: true}]\nseed: 7',
  'rules: [{match: udp, name: web, loss: 0, rtt: 5ms, partition: }]\nseed: x',
  'rules: [{match: udp, partition: {out: true, in: reject}}]',
  'rules: [{match: udp dir=up, loss: {up: 1%}}, {match: tcp, delay: {down: 5ms, out: 1ms}}]',
  'rules: [udp]\nschedule: [{at: 10s, for: 5s, rules: [{match: udp, loss: 0% -> 5% over 2s}]}]',
  'rules: [udp]\nschedule: [{at: 0, rules: [{match: udp, delay: none}]}]\nloop: 2min',
  'rules: [udp]\nschedule: [{every: 1s, from: 0s, for: 5ms, rules: [{match: udp, loss: 1%}]}]',
  'rules:\n  - &a {match: udp, loss: 1%}\n  - {<<: *a, match: tcp}',
];

/** Each has a mistake in its shape, which an editor can show. */
const WRONG = [
  'udp:53 loss 1%',
  'rules: []',
  'rules: [5]',
  'rules: [[udp]]',
  'rules: [{loss: 1%}]',
  'rules: [{match: udp, los: 1%}]',
  'rules: [{match: udp, loss: 5}]',
  'rules: [{match: udp, loss: true}]',
  'rules: [{match: udp, loss: [1%]}]',
  'rules: [{match: udp, loss: {both: 1%}}]',
  'rules: [{match: udp, loss: {}}]',
  'rules: [{match: udp, rtt: {out: 5ms}}]',
  'rules: [{match: udp, name: a b}]',
  'rules: [udp]\nsteps: []',
  'rules: [udp]\nseed: [7]',
  'rules: [udp]\nschedule: []',
  'rules: [udp]\nschedule: [{rules: [{match: udp, loss: 1%}]}]',
  'rules: [udp]\nschedule: [{at: 10, rules: [{match: udp, loss: 1%}]}]',
  'rules: [udp]\nschedule: [{at: 10s}]',
  'rules: [udp]\nschedule: [{at: 10s, rules: []}]',
  'rules: [udp]\nschedule: [{at: 10s, rules: [udp loss 1%]}]',
  'rules: [udp]\nschedule: [{at: 10s, rules: [{loss: 1%}]}]',
  'rules: [udp]\nschedule: [{at: 10s, every: 5s, for: 1s, rules: [{match: udp, loss: 1%}]}]',
  'rules: [udp]\nschedule: [{at: 10s, from: 5s, rules: [{match: udp, loss: 1%}]}]',
  'rules: [udp]\nschedule: [{every: 10s, rules: [{match: udp, loss: 1%}]}]',
];

describe('schema and parser agree', () => {
  test.each(RIGHT)('%j is right', (text) => {
    expect([isValid(text), isAccepted(text)]).toEqual([true, true]);
  });

  test.each(WRONG)('%j is wrong', (text) => {
    expect([isValid(text), isAccepted(text)]).toEqual([false, false]);
  });
});
