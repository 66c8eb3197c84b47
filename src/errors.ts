/**
 * The one error class for what a user or the machine did: a stable code, a sentence that says what
 * is wrong, and the command or change that mends it. Bad packets are never errors (they are
 * counted verdicts), and a broken invariant is an `assert`.
 */

/** `differs`: what was asked for was not found to be so, such as that two captures are the same. */
export const ExitCode = { ok: 0, differs: 1, usage: 2, environment: 3, failed: 4 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error as it crosses sockets and pipes. */
export interface PlainError {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly mend?: string | undefined;
}

/** What a user or the machine did: rules that make no sense, a lacking program, a damaged file. */
export class NetemuError extends Error {
  /** Stable and greppable, for example `E_RULE_VALUE`. */
  readonly code: string;
  /** What `netemu` would end with: 1 differs or damaged, 2 wrong usage, 3 something lacking, 4 failed. */
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

/** What was to be shown is not so, or a file is damaged: exit code 1. */
export function differsError(code: string, message: string, mend?: string): NetemuError {
  return new NetemuError(ExitCode.differs, code, message, mend);
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

/** What anything thrown says when it leaves its process; what nobody expected is E_INTERNAL. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof NetemuError) {
    const { code, exitCode, message, mend } = error;
    return { code, exitCode, message, mend };
  }
  const text = error instanceof Error ? error.message : String(error);
  const message = `internal error: ${text.split('\n')[0]} (E_INTERNAL)`;
  return { code: 'E_INTERNAL', exitCode: ExitCode.failed, message };
}

export function fromPlainError({ exitCode, code, message, mend }: PlainError): NetemuError {
  return new NetemuError(exitCode, code, message, mend);
}
