/** A lab from which `netemu run` has a way out: near's default route leads to far. */
import { spawn } from 'node:child_process';
import { test as base } from './live-test.js';
import { type Finished, ip, NETEMU, type NetnsLab, type Running } from './netns-lab.js';

export const UPLINK = 'v0';

/** What `run` begins with. */
export const BEGUN = /^netemu \S+ runs .*\n/m;

export class Runs {
  readonly #lab: NetnsLab;

  constructor(lab: NetnsLab) {
    this.#lab = lab;
    ip('-n', lab.near, 'route', 'add', 'default', 'via', lab.far4);
  }

  /** `netemu run ARGUMENT...` in near. */
  start(...args: string[]): Running {
    return this.#lab.netemu('run', ...args);
  }

  /** The same with a standard input to write to, and with variables of its own. */
  startTalking(args: readonly string[], variables: Record<string, string> = {}): Running {
    const command = [`--net=/run/netns/${this.#lab.near}`, process.execPath, NETEMU, 'run'];
    const child = spawn('nsenter', [...command, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: this.#lab.environment(variables),
    });
    return this.#lab.watch(child);
  }

  /** Runs a shell script as the command, to its end. */
  async script(options: readonly string[], script: string): Promise<Finished> {
    return this.start(...options, '--', 'sh', '-c', script).finished;
  }

  /** Whether packets that come in by the uplink may go on. */
  forwarding(): string {
    const key = `net.ipv4.conf.${UPLINK}.forwarding`;
    return this.#lab.run(this.#lab.near, 'sysctl', '-n', key).trim();
  }
}

export const test = base.extend('runs', ({ lab }) => new Runs(lab));
