/**
 * The one error class for what a user or the machine did: a stable code, a sentence that says what
 * is wrong, and the command or change that mends it. Bad packets are never errors (they are
 * counted verdicts), and a broken invariant is an `assert`.
 */

export const ExitCode = { ok: 0, usage: 2, environment: 3, failed: 4 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export class NetemuError extends Error {
  /** Stable and greppable, for example `E_RULE_VALUE`. */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** What the user can type or change to get on; shown on a line of its own. */
  readonly mend: string | undefined;

  constructor(exitCode: ExitCode, code: string, message: string, mend?: string) {
    super(message);
    this.name = 'NetemuError';
    this.exitCode = exitCode;
    this.code = code;
    this.mend = mend;
  }
}

/** What was asked for makes no sense: exit code 2. */
export function usageError(code: string, message: string, mend?: string): NetemuError {
  return new NetemuError(ExitCode.usage, code, message, mend);
}

/** This machine lacks something: exit code 3. */
export function environmentError(code: string, message: string, mend?: string): NetemuError {
  return new NetemuError(ExitCode.environment, code, message, mend);
}

/** It went wrong while running: exit code 4. */
export function runtimeError(code: string, message: string, mend?: string): NetemuError {
  return new NetemuError(ExitCode.failed, code, message, mend);
}
