/**
 * The emulated link of a gradient, and the prober on its near side: an instance of `up` on devices that are
 * there, with the prober in their namespace, or one of `run`, whose command the prober is. Both serve
 * their socket, so `netemu ps`, `status` and `down` know them.
 */
import type { ChildProcess } from 'node:child_process';
import { startInstance } from '../control/instance.js';
import { startRun } from '../control/run-instance.js';
import { type ControlServer, serve } from '../control/server.js';
import type { RunningInstance, RunOptions, UpOptions } from '../control/types.js';
import { startOwnProgram } from '../host/command.js';
import type { User } from '../host/user.js';
import type { Rule } from '../rules/rule.js';
import { PROBER, Prober } from './prober/prober.js';

/** Rules come and go with the segments, but the first are there from the start: others may have theirs. */
export type LinkRequest =
  | { readonly kind: 'up'; readonly user: User | null; readonly options: UpPart }
  | { readonly kind: 'run'; readonly options: RunPart };

type UpPart = Omit<UpOptions, 'rules' | 'record' | 'notice'>;
type RunPart = Omit<RunOptions, 'rules' | 'record' | 'notice' | 'command' | 'stdio'>;

/** What stands at the other end of a `run`; null: that of `up` is unknown. */
export interface FarEnd {
  readonly ipv4: string;
  readonly ipv6: string | null;
  /** Calls something synchronous in its namespace. */
  within<T>(action: () => T): T;
}

export interface GradientLink {
  readonly instance: RunningInstance;
  readonly prober: Prober;
  readonly far: FarEnd | null;
  /** Ends the prober, and takes everything away. Idempotent. */
  close(): Promise<void>;
}

/** Resolves when the path is live under `rules`, and the prober is started. */
export async function openLink(
  request: LinkRequest,
  rules: readonly Rule[],
  notice: (line: string) => void,
): Promise<GradientLink> {
  const { instance, startProber, far } = await openInstance(request, rules, notice);
  let server: ControlServer | null = null;
  let prober: Prober | null = null;
  const close = async () => {
    await prober?.end();
    await instance.stop();
    await server?.close();
  };
  try {
    server = await serve(instance);
    prober = new Prober(startProber());
    return { instance, prober, far, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opened {
  readonly instance: RunningInstance;
  readonly far: FarEnd | null;
  startProber(): ChildProcess;
}

async function openInstance(
  request: LinkRequest,
  rules: readonly Rule[],
  notice: (line: string) => void,
): Promise<Opened> {
  const common = { rules, record: null, notice };
  if (request.kind === 'up') {
    const instance = await startInstance({ ...request.options, ...common });
    return { instance, far: null, startProber: () => startOwnProgram(PROBER, request.user) };
  }
  const stdio = 'channel' as const;
  const instance = await startRun({ ...request.options, ...common, command: PROBER, stdio });
  const far = {
    ...instance.farEnd,
    within: <T>(action: () => T) => instance.atFarEnd(action),
  };
  const startProber = () => {
    // How it ended is the prober's to say.
    instance.runCommand().catch(() => {});
    return instance.process!;
  };
  return { instance, far, startProber };
}
