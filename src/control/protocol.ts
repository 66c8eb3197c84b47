/**
 * What crosses the socket, checked on both sides: an instance may be older or newer than the
 * program that talks to it. The only user of zod here; loading it takes 50 ms or more, so it is
 * imported when the first message needs it.
 */

import { z } from 'zod';
import type { RuleSource } from '../rules/rule-source.js';
import { DISTORTIONS, type InstanceStatus } from './types.js';

const count = z.number().nonnegative();

const directionCounts = z.object({
  seen: count,
  passed: count,
  dropped: z.object({ loss: count, partition: count, queue: count, overflow: count }),
  held: count,
  queued: count,
  delayed: count,
  duplicated: count,
  corrupted: count,
  marked: count,
  reordered: count,
  replies: count,
  rebound: count,
  bytes: count,
});

const measure = z.object({
  configured: z.number().nullable(),
  realized: z.number().nullable(),
  ci95: z.tuple([z.number(), z.number()]).nullable(),
});

const measured = z.object({
  loss: measure,
  marks: measure,
  lossBurst: measure,
  corruption: measure,
  duplicates: measure,
  reordering: measure,
  rate: measure,
  delay: z.object({ meanNs: measure, sdNs: measure, p50Ns: measure, p99Ns: measure }).nullable(),
});

// Loose: fields that a newer instance adds are passed on to `status --json`.
const status: z.ZodType<InstanceStatus> = z.looseObject({
  kind: z.enum(['up', 'run']).default('up'),
  name: z.string(),
  pid: z.number().int(),
  upSeconds: z.number(),
  seed: z.string(),
  devices: z.array(z.string()),
  netns: z.string().optional(),
  rules: z.array(
    z.looseObject({
      rule: z.string(),
      out: directionCounts,
      in: directionCounts,
      measured: z.object({ out: measured, in: measured }),
    }),
  ),
  latenessNs: z.object({ p50: count, p99: count, p999: count, max: count }),
  stallNs: count.default(0),
  overflow: count,
  kernelDrops: count,
  malformed: count,
  distortions: z.array(z.enum(DISTORTIONS)),
  memory: z.object({ usedBytes: count, limitBytes: count }),
  recording: z
    .looseObject({
      file: z.string(),
      packets: count,
      bytes: count,
      lost: count,
      failure: z.string().nullable(),
    })
    .optional(),
});

const setRequest = z
  .object({
    rules: z.array(z.string()),
    scenario: z.object({ name: z.string(), text: z.string() }).optional(),
    files: z.record(z.string(), z.string()).optional(),
  })
  // Either lines or a scenario: what comes first in one list would be anyone's guess.
  .refine(({ rules, scenario }) => rules.length > 0 !== (scenario !== undefined));

const errorReply = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    mend: z.string().optional(),
    exitCode: z.union([z.literal(2), z.literal(3), z.literal(4)]),
  }),
});

export type ErrorReply = z.infer<typeof errorReply>;

/** Null when the value is not of that shape. */
export function readStatus(value: unknown): InstanceStatus | null {
  return status.safeParse(value).data ?? null;
}

export function readSetRequest(value: unknown): RuleSource | null {
  return setRequest.safeParse(value).data ?? null;
}

export function readErrorReply(value: unknown): ErrorReply | null {
  return errorReply.safeParse(value).data ?? null;
}
