/** `netemu gradient`: its flags and help; reading them, running and comparing are in the files beside. */

import type { Command } from 'commander';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import type { Context } from './context.js';
import { addGradientCompare } from './gradient-compare.js';
import type { GradientFlags } from './gradient-request.js';
import { addImpairmentFlags, collect } from './impairment-flags.js';

const EXAMPLES = `
Examples:
  sudo netemu gradient --demo                     a DNS ladder in namespaces of its own
  sudo netemu gradient --probe 'dns://192.0.2.53/example.com?timeout=2s'
  sudo netemu gradient 'udp:443 rtt 40ms' --steps 'loss 0.5%,1%,2%,5%' --probe quic://192.0.2.7
  sudo netemu gradient --steps 'delay 10ms,50ms,200ms' --run -- iperf3 -J -t 5 -c 192.0.2.7
  sudo netemu gradient --probe https://192.0.2.7/ --assert 'http.p95 < 1s at 1%'
  netemu gradient compare before/results.json after/results.json

Steps: one list of numbers in the words that follow a rule: 'loss 1%,2%', 'loss 2% burst 1,2,4',
'rate 10mbit,5mbit queue 50ms', 'delay in:10ms,50ms'. A baseline without them always runs.

Probes: dns://SERVER[:PORT]/NAME    own queries ({} in NAME: another name each time), with
                                    ?type= timeout= attempts= rate= transport=udp|tcp and
                                    retry=glibc|musl|dig|single
        quic://HOST[:PORT][/PATH]   handshakes by ngtcp2's client: ?timeout= rate= bytes=
        tcp://HOST:PORT             connects: ?timeout= rate= send= receive=
        http(s)://HOST[:PORT]/PATH  requests: #timeout= rate= insecure=1
        -- COMMAND                  anything: exit code, duration, and the numbers it prints (JSON
                                    lines, iperf3 -J, dnsperf, wrk)
        Without a rule it is about the probe's own traffic.

Assertions: 'dns.p95 < 200ms at 1%', 'quic.failed < 1% at 2.5%', 'p99 < 2x baseline',
'realized within 99%'. Exit codes: 0 done; 1 an assertion does not hold, or compare found a regression or
figures that are missing.`;

/** `command` is what stood behind the `--`; null: there was none. */
export function addGradient(
  program: Command,
  context: Context,
  keys: readonly ImpairmentKey[],
  command: readonly string[] | null,
): void {
  const gradient = program
    .command('gradient')
    .summary('step an impairment, probe a service at each step, report the curve')
    .description(
      'Steps the loss (or any other number of a rule), probes a service at each step, and reports ' +
        'how it behaved beside what theory expects. Needs root.',
    )
    .usage("[options] [rule] [--steps 'loss 0.1%,1%'] (--probe <url> | -- command | --demo)")
    .argument('[rule]', "what stays the same at all steps, such as 'udp:53 delay 20ms'")
    .allowExcessArguments(true);
  addImpairmentFlags(gradient, keys);
  gradient
    .option('--steps <ladder>', "what is stepped (without it: 'loss 0.1%,0.5%,1%,2.5%,5%')")
    .option('--probe <url>', 'what asks the service: dns://, quic://, tcp://, http(s)://')
    .option('--demo [kind]', 'a ladder in namespaces of its own: dns (without it), quic, tcp, http')
    .option('--count <n>', 'samples at each step and round')
    .option('--duration <duration>', 'time for each step and round (without it: 10s)')
    .option('--precision <percent>', 'as many samples as the expected share needs, such as 10%')
    .option('--repeat <n>', 'rounds: so often each step (without it: 1)')
    .option('--order <order>', 'ramp, random or interleaved (without it: ramp)')
    .option('--warmup <duration>', 'probe so long before the first step (without it: 2s)')
    .option('--timeout <duration>', 'of one run of the command (without it: 60s)')
    .option('--independent', 'other losses at each step, instead of the same ones and more')
    .option('--seed <text>', 'seed of all randomness (without it: a random one, shown)')
    .option('--assert <expression>', 'what must hold, repeatable; else the exit code is 1', collect)
    .option('--out <directory>', 'for the reports (without it: gradient-DATE-TIME)')
    .option('--plan', 'say what would be measured, and how long it takes, and end')
    .option('--json', 'print the results as JSON on standard output')
    .option('--dev <name>', 'device, as with up (without it: those of the default routes)', collect)
    .option('--netns <netns>', 'network namespace of the traffic: NAME, PATH, or process id')
    .option('--include-ssh', 'impair the SSH connection that started it, too')
    .option('--run', 'probe from a namespace whose only way out is the link, as with run')
    .option('--private', 'with --run: no way out, the far end itself answers')
    .option('--uplink <device>', 'with --run: device that leads out', collect)
    .option('--user <name>', 'whom the probe runs as (without it: who typed sudo)')
    .option('--name <name>', 'name of the instance (without it: n1, n2 …)')
    .option('--no-offload', 'let the kernel cut super-packets into wire packets before netemu')
    .option('--memory <size>', 'memory for packets that are held (without it: 256MiB)')
    .addHelpText('after', EXAMPLES)
    .action(async (_rule: string | undefined, flags: GradientFlags) => {
      const { readGradient } = await import('./gradient-request.js');
      const { runGradient } = await import('./gradient-run.js');
      const request = await readGradient(gradient.args, flags, command);
      context.exitCode = await runGradient(request, context);
    });
  addGradientCompare(gradient, context);
}
