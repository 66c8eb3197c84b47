/**
 * Counts tests for the last line of `npm test`. The file is rewritten after each test module, so
 * that the count survives a crash of the runner.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export class TallyReporter implements Reporter {
  private passed = 0;
  private failed = 0;
  private skipped = 0;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  onTestModuleEnd(module: TestModule): void {
    const failedBefore = this.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') this.passed++;
      else if (state === 'failed') this.failed++;
      else this.skipped++;
    }
    // A file that does not load, or a hook that throws, fails without a test that does.
    if (!module.ok() && this.failed === failedBefore) this.failed++;
    this.write();
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    this.failed += unhandled.length;
    this.write();
  }

  private write(): void {
    writeFileSync(this.file, `${this.passed} ${this.failed} ${this.skipped}\n`);
  }
}
