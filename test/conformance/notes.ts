/**
 * Where netemu means to differ from netem, and why, by the source of netem: functions of the kernel's
 * net/sched/sch_netem.c (Linux 6.1) and of iproute2's tc/q_netem.c. A case names the notes that it shows.
 */

import type { Aspect } from './cases.js';

export interface Note {
  readonly title: string;
  /** What it explains; a difference in anything else is not explained by it. */
  readonly aspects: readonly Aspect[];
  readonly text: string;
}

const NOTES = {
  correlation: {
    title: 'Correlated chances',
    aspects: ['loss', 'duplicates', 'corruption', 'atOnce', 'reordering'],
    text: `\`get_crandom\` filters its random numbers, x' = (1 − ρ) u + ρ x, and \`loss_event\` compares the result
with the probability as if it were still uniform. It is not: its variance is that of u times (1 − ρ)/(1 + ρ),
the numbers crowd around the middle, and a small probability is hardly ever met: \`loss 10% 25%\` loses 1.7 %,
\`loss 20% 75%\` 0.1 %. \`netem_enqueue\` does the same for \`corrupt\`, \`duplicate\` and \`reorder\`. netemu's
\`corr C\` is a chain of two states with exactly the share that was asked for and an autocorrelation of C at lag 1;
\`compat netem\` filters as the kernel does.`,
  },
  'tc-duplicate': {
    title: 'A correlation that tc does not send',
    aspects: ['duplicates'],
    text: `\`netem_parse_opt\` of tc reads the correlation of \`duplicate\` but does not set
\`present[TCA_NETEM_CORR]\`, so that the attribute is not sent unless another impairment has a correlation as well:
\`tc qdisc show\` then says \`duplicate 10%\`, and the kernel draws independently. The next row gives tc another
correlation to send (\`corrupt 0% 1%\`, which corrupts nothing), and the kernel does with duplicates what it does with
losses. \`compat netem\` is the kernel's arithmetic, not tc's slip.`,
  },
  'duplicate-and-loss': {
    title: 'Duplicated and lost',
    aspects: ['loss', 'duplicates'],
    text: `\`netem_enqueue\` decides about duplication before it decides about loss, and counts: a packet that is to be
doubled and lost goes on as one, so that \`loss 10% duplicate 10%\` loses 9 % and not 10 %. The copy is enqueued at
the root again, where it can be lost, but not doubled. In netemu's order of effects loss comes first, and a copy
is not lost.`,
  },
  'corrupt-where': {
    title: 'Which bit is flipped',
    aspects: ['corruption'],
    text: `\`netem_enqueue\` flips one bit anywhere in the frame (\`skb->data[… % skb_headlen(skb)]\`), the Ethernet
and IP headers included, so that of these packets of 142 bytes three in ten go to another address, to another port or
nowhere. netemu flips one of the transport's payload, so that the fault belongs to the flow that it is meant for;
\`corrupt 1% anywhere\` takes the whole IP packet.`,
  },
  'jitter-order': {
    title: 'Jitter and order',
    aspects: ['delay', 'delayMemory', 'reordering'],
    text: `\`tfifo_enqueue\` sorts packets by the time at which they are due, so that jitter reorders whatever comes
closer together than the jitter is wide: 84 % of these packets. On one path packets rarely overtake each other;
netemu keeps their order unless the rule says \`unordered\`, and a packet waits for those before it. So with many
packets within the jitter, delays gather near its upper end.`,
  },
  'jitter-correlation': {
    title: 'Correlated jitter',
    aspects: ['delayMemory', 'reordering'],
    text: `\`tabledist\` takes the remainder of the correlated number, \`rnd % (2 * sigma)\` or
\`rnd % dist->size\`: low digits, which do not remember the high ones. So \`delay 50ms 10ms 75%\` has neither memory
(lag-1 0) nor another distribution than without; only a jitter some seconds wide would show the correlation.
netemu's \`corr C\` has an autocorrelation of C at lag 1 and keeps the distribution.`,
  },
  'rate-and-jitter': {
    title: 'Rate with delay and jitter',
    aspects: ['delay', 'delayMemory'],
    text: `With a rate \`netem_enqueue\` counts a packet's delay from now, but lets it begin to be sent only when the
last packet that waits has left, jitter included: \`delay -= last->time_to_send - now\`, then
\`packet_time_ns\` on top. The link stands behind the jitter, and one packet with a long delay holds up all that
follow. netemu's link comes first; what leaves it is delayed, and keeps its order.`,
  },
  'table-tail': {
    title: 'Tables that end',
    aspects: ['delay'],
    text: `iproute2's tables are of 16-bit numbers, 8192 to a standard deviation: nothing is further than 4 of them from
the mean. Of the Pareto distribution 1.1 % is, and \`tabledist\` gives all of that the same delay (here 90 ms).
netemu draws from the distribution itself, with its tail; \`compat netem\` from the tables.`,
  },
} as const satisfies Readonly<Record<string, Note>>;

export type NoteName = keyof typeof NOTES;

export function noteOf(name: NoteName): Note {
  return NOTES[name];
}
