/** The instance's side of its guardian (guardian-main.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fromPlainError, runtimeError } from '../errors.js';
import {
  BEAT_MS,
  GUARDIAN_PATIENCE_MS,
  type GuardianAnswer,
  type GuardianRequest,
} from './guardian-protocol.js';

const PROGRAM = fileURLToPath(new URL('./guardian-main.js', import.meta.url));

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

export class Guardian {
  /** Resolves when the guardian has ended, whether asked to or not. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  readonly #beats: NodeJS.Timeout;
  /** Beats since its last sign of life. Counted, not timed: see guardian-main.ts. */
  #unansweredBeats = 0;
  #hasEnded = false;

  /** Starts the process and the heartbeat. No beat is sent while `isAlive` returns false. */
  constructor(isAlive: () => boolean) {
    this.#child = spawn(process.execPath, [PROGRAM], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve());
      this.#child.once('exit', () => resolve());
    });
    void this.ended.then(() => this.#onEnd());
    // A guardian that has died closes the pipe; `ended` tells.
    this.#child.stdin!.on('error', () => {});
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#onAnswer(line));
    this.#beats = setInterval(() => this.#beat(isAlive()), BEAT_MS);
  }

  /** Names the links, which exist, that the guardian deletes when this process only seems to live. */
  guardLinks(names: readonly string[]): Promise<void> {
    return this.#ask({ ask: 'links', names });
  }

  /** Makes or replaces the table; throws what nftables says against it. */
  installTable(name: string, commands: string): Promise<void> {
    return this.#ask({ ask: 'table', name, commands });
  }

  /** Ends it: the table goes. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), GUARDIAN_PATIENCE_MS);
    await this.ended;
    clearTimeout(kill);
  }

  #ask(request: GuardianRequest): Promise<void> {
    if (this.#hasEnded) return Promise.reject(noAnswer());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#send(request);
    });
  }

  #send(request: GuardianRequest): void {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
  }

  #beat(alive: boolean): void {
    if (!alive) return;
    this.#send({ ask: 'beat' });
    // A guardian that is stopped would leave the table without a guard: end it, and so the table.
    const silentMs = ++this.#unansweredBeats * BEAT_MS;
    if (silentMs > 2 * GUARDIAN_PATIENCE_MS) this.#child.kill('SIGKILL');
  }

  #onAnswer(line: string): void {
    this.#unansweredBeats = 0;
    const answer = JSON.parse(line) as GuardianAnswer;
    if (answer.say === 'alive') return;
    const waiting = this.#waiting.shift();
    if (answer.say === 'done') waiting?.resolve();
    else waiting?.reject(fromPlainError(answer.error));
  }

  #onEnd(): void {
    this.#hasEnded = true;
    clearInterval(this.#beats);
    for (const { reject } of this.#waiting.splice(0)) reject(noAnswer());
  }
}

function noAnswer(): Error {
  return runtimeError('E_GUARDIAN', 'the guardian process ended before it could answer');
}
