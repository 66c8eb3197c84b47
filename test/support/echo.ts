/** Whether an echo answers at all: for rules that cut it off. */
import type { NetnsLab } from './netns-lab.js';

export const ECHO_PORT = 7;

const PACKETS = 3;

/** Any answer to a few packets: a busy machine has one in time for 300 ms. */
export async function echoes(lab: NetnsLab, host = lab.far4): Promise<boolean> {
  const ping = lab.program(lab.near, 'udp-ping.mjs', host, ECHO_PORT, PACKETS, 10, 300);
  const rtts: (number | null)[] = JSON.parse(await ping.succeeded()).rttsMs;
  return rtts.some((rtt) => rtt !== null);
}
