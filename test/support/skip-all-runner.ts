/**
 * Collects tests and skips every one of them: for live tests where the machine does not allow them,
 * so that they are counted. The files are loaded, but neither hooks nor tests run.
 */
import { type RunnerTestFile, type RunnerTestSuite, TestRunner } from 'vitest';

export default class SkipAllRunner extends TestRunner {
  onBeforeRunFiles(files: RunnerTestFile[]): void {
    for (const file of files) skip(file);
  }
}

function skip(suite: RunnerTestSuite): void {
  suite.mode = 'skip';
  for (const task of suite.tasks) {
    if (task.type === 'suite') skip(task);
    else if (task.mode === 'run' || task.mode === 'queued') task.mode = 'skip';
  }
}
