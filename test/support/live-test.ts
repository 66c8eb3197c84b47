/** `test` with a lab of its own for each test, taken away also when the test has failed. */
import { test as base } from 'vitest';
import { NetnsLab } from './netns-lab.js';

export const test = base.extend('lab', async ({ task: _ }, { onCleanup }) => {
  const lab = new NetnsLab();
  onCleanup(() => lab.close());
  return lab;
});
