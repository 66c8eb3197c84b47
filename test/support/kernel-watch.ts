/**
 * Everything of a namespace that netemu could have changed, as text to compare: taken by one shell
 * beside the test, some 100 ms of one core.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * Nothing is filtered but connection tracking, whose table forgets by itself and whose settings appear with
 * its module: counters are in none of the others but the nft ruleset, which has no rules of others here, and
 * index numbers of devices are never reused.
 */
const SCRIPT = `
nft list ruleset
ip -d link
tc qdisc show
for device in $(ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/'); do
  echo "filters of $device"
  tc filter show dev "$device"
  tc filter show dev "$device" ingress
done
ip rule
ip -6 rule
ip route show table all
ip -6 route show table all
sysctl -a --pattern '^net\\.' | grep -v nf_conntrack
`;

export async function readKernelState(namespace: string): Promise<string> {
  const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, 'sh', '-c', SCRIPT], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text(child.stdout);
}

/** The lines that are in one of the texts only, as `diff` marks them; '' when they are equal. */
export function differences(before: string, after: string): string {
  if (before === after) return '';
  const [old, now] = [before, after].map((state) => new Set(state.split('\n')));
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `< ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `> ${line}`),
  ].join('\n');
}
