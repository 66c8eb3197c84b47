/**
 * What crosses the socket, checked on both sides: an instance may be older or newer than the
 * program that talks to it. The only user of zod here; loading it takes 50 ms or more, so it is
 * imported when the first message needs it.
 */

import { z } from 'zod';
import type { InstanceStatus } from './types.js';

const count = z.number().nonnegative();

const directionCounts = z.object({
  seen: count,
  passed: count,
  dropped: z.object({ loss: count, partition: count, overflow: count }),
  held: count,
  delayed: count,
  bytes: count,
});

const lossReport = z.object({
  configured: z.number().nullable(),
  realized: z.number().nullable(),
  ci95: z.tuple([z.number(), z.number()]),
});

// Loose: fields that a newer instance adds are passed on to `status --json`.
const status: z.ZodType<InstanceStatus> = z.looseObject({
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
      loss: z.object({ out: lossReport, in: lossReport }),
    }),
  ),
  latenessNs: z.object({ p50: count, p99: count, p999: count, max: count }),
  overflow: count,
  kernelDrops: count,
  malformed: count,
  memory: z.object({ usedBytes: count, limitBytes: count }),
});

const setRequest = z.object({ rules: z.array(z.string()).min(1) });

const errorReply = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    mend: z.string().optional(),
    exitCode: z.union([z.literal(2), z.literal(3), z.literal(4)]),
  }),
});

export type SetRequest = z.infer<typeof setRequest>;
export type ErrorReply = z.infer<typeof errorReply>;

/** Null when the value is not of that shape. */
export function readStatus(value: unknown): InstanceStatus | null {
  return status.safeParse(value).data ?? null;
}

export function readSetRequest(value: unknown): SetRequest | null {
  return setRequest.safeParse(value).data ?? null;
}

export function readErrorReply(value: unknown): ErrorReply | null {
  return errorReply.safeParse(value).data ?? null;
}
