/**
 * A probe: what asks the service, again and again, and says how each time went. Probes run in a process of
 * their own (`prober-main.ts`) beside the traffic that is impaired, so that neither the emulator nor the
 * report disturbs their timing. Here is what all of them share.
 */

export const PROBE_KINDS = ['dns', 'quic', 'tcp', 'http', 'command'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** What a metric's numbers are: `share` is 0 or 1 of each sample, `time` ms, `bitrate` bit/s. */
export type MetricKind = 'share' | 'time' | 'bitrate' | 'bytes' | 'count' | 'number';

export interface MetricSpec {
  /** In lower camel case; what `--assert` calls it. */
  readonly name: string;
  readonly kind: MetricKind;
  /** Null: neither is better. */
  readonly better: 'lower' | 'higher' | null;
  /** One line for the report: what exactly is measured. */
  readonly says: string;
  /** The one that `dns.p95` means; one of each probe. */
  readonly main?: boolean | undefined;
}

/** Every probe has it: the share of samples with a `failure`. It is no value of samples. */
export const FAILED: MetricSpec = {
  name: 'failed',
  kind: 'share',
  better: 'lower',
  says: 'no result, for whatever reason',
};

/** What a URL's query, or a flag, has set; plain data for IPC and results.json. */
export type ProbeSettings = Readonly<Record<string, string | number | boolean | null>>;

/** A probe as it crosses to the prober's process. */
export interface ProbeRequest {
  readonly kind: ProbeKind;
  /** Of URLs: as given. Of commands: joined by spaces, for people. */
  readonly text: string;
  readonly settings: ProbeSettings;
  /** Of `command`: program and arguments. */
  readonly argv: readonly string[];
}

/** One of `count` and `durationMs` is null: so many samples, or for so long. */
export interface SegmentRequest {
  readonly count: number | null;
  readonly durationMs: number | null;
  /** For variables and names that probes hand on. */
  readonly step: number;
  readonly label: string;
  readonly round: number;
}

export interface Sample {
  /** From 0 in the segment, in the order in which samples begin. */
  readonly index: number;
  /** When it began, since the segment did. */
  readonly atMs: number;
  /** Null: it went well. Else a short reason out of a small set: `timeout`, `refused`, `exit 3`. */
  readonly failure: string | null;
  /** By the metric's name. */
  readonly values: Readonly<Record<string, number>>;
}

/** How values went on over time within a sample; columns of one length. */
export interface SeriesRecord {
  readonly index: number;
  readonly atMs: readonly number[];
  /** By name, such as `cwndBytes`, `rttMs`, `retransmitted`. */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Where a probe says what it has found; calls are cheap. */
export interface SampleSink {
  add(sample: Sample): void;
  series(series: SeriesRecord): void;
  /** How late a sample was begun, for probes that follow a clock. */
  begunLate(ms: number): void;
  /** A metric that is only known when the output is (of commands). */
  metric(spec: MetricSpec): void;
  /** Said once however often it is given. */
  note(line: string): void;
}

export interface Probe {
  /** Known before the first sample; `FAILED` is one of them. */
  readonly metrics: readonly MetricSpec[];
  /**
   * Before the first segment: finds the server's address and the programs that it needs. Returns version and
   * path of such a program, or null. Errors: NetemuErrors with a mend.
   */
  prepare(): Promise<string | null>;
  /**
   * Resolves when all samples of the segment are over: sockets closed, processes ended. `signal` asks for an
   * early end: no new samples, and those that are open end within a second without being counted.
   * Never throws for what a server does; a NetemuError says that going on makes no sense.
   */
  run(segment: SegmentRequest, sink: SampleSink, signal: AbortSignal): Promise<void>;
  /** After the last segment. */
  close(): Promise<void>;
}

/** Makes a probe of its settings; each kind has one such function. */
export type MakeProbe = (request: ProbeRequest) => Probe;
