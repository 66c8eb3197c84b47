/** The shell that outlives a prober; what it does then is shown by test/live/gradient-quic-probe.test.ts. */
import { expect, test } from 'vitest';
import { guardedVariables } from '../../../src/gradient/probe/child-guardian.js';
import { becomes, childrenOf, commandLine, signal } from '../../support/processes.js';

test('one guardian for all programs, and after its death another', async () => {
  const [[name, value]] = Object.entries(guardedVariables());
  const guardians = () =>
    childrenOf(process.pid).filter((pid) => commandLine(pid).includes(`${name}=${value}`));
  expect(guardedVariables()).toEqual({ [name]: value });
  expect(await becomes(() => guardians().length === 1, 5_000)).toBe(true);
  const [first] = guardians();
  signal(first, 'SIGKILL');
  const succeeds = () => {
    guardedVariables();
    const [second] = guardians();
    return second !== undefined && second !== first;
  };
  expect(await becomes(succeeds, 5_000)).toBe(true);
  expect(guardians()).toHaveLength(1);
});
